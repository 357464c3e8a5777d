"""DNS: names, aliases, and pointers that run in circles."""

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.read.dns import read_dns
from tests.lab.synthetic.traffic import dns_answer, dns_query


def test_question_and_answer_through_an_alias():
    asked = read_dns(dns_query("api.example.net"))
    assert (asked.is_response, asked.questions) == (False, ("api.example.net",))
    answered = read_dns(dns_answer("api.example.net", "1.2.3.4"))
    assert answered.is_response
    assert answered.addresses == (bytes([1, 2, 3, 4]),)


def test_a_pointer_to_itself_is_refused():
    assert read_dns(dns_query("a")[:12] + b"\xc0\x0c\0\1\0\1") is None


@given(st.binary(max_size=200))
def test_noise_never_raises(noise):
    read_dns(noise)
    read_dns(dns_answer("api.example.net", "1.2.3.4")[:-1] + noise)
