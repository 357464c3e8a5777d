"""The statement's sentences in English. Short words, short sentences: a child should get it."""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "title": "Cameras at {household}: what happens to your picture",
    "written": "Written by the camera system itself on {date}, from what is switched on.",
    "and": "and",
    "day": "day",
    "days": "days",
    "who_heading": "Who runs this",
    "who": "{owners} runs these cameras. Ask there if you want to know or change something.",
    "recorded_heading": "What the cameras do",
    "no_cameras": "There is no camera at the moment.",
    "not_whole": "Only cameras that you may see are named here. Ask an owner for the whole page.",
    "in_room": " ({room})",
    "recorded_sound": "records picture and sound. It is deleted after {days}.",
    "recorded_silent": "records the picture. It is deleted after {days}.",
    "eventless": "Where nothing was noticed, it is deleted after {days}.",
    "following": "Where nothing was noticed, it is deleted after a few minutes.",
    "live_only": "can be watched live. Nothing is recorded.",
    "look_heading": "Who can look",
    "one_member": "One person of this home can look.",
    "members": "{count} people of this home can look.",
    "one_guest": "One guest can see what an owner has allowed, for a limited time.",
    "guests": "{count} guests can see what an owner has allowed, for a limited time.",
    "displays": "These screens show pictures: {displays}.",
    "sealed": (
        "Each picture is locked as soon as it comes in. It opens only on a device that has the "
        "key. Somebody else's device cannot open it, even if the picture gets lost on the way."
    ),
    "noticed_heading": "What is looked for",
    "nothing_noticed": "The pictures are not searched for anything.",
    "noticed": "The system looks for {kinds} in the pictures and notes when it saw one.",
    "no_faces": "It does not know faces, and it keeps no list of them.",
    "noted_for": "Notes are deleted after {days}.",
    "noted_for_long": "Notes stay until the disk is full.",
    "noted": (
        "A note says what was seen, when and where. It can have some small pictures. They are "
        "locked like all others. Somebody of this home can keep a note longer."
    ),
    "kind_person": "people",
    "kind_vehicle": "cars",
    "kind_cat": "cats",
    "kind_dog": "dogs",
    "kind_package": "parcels",
    "kind_sound": "some sounds",
    "logged_heading": "What is written down",
    "logged": (
        "A log says which device got the key to which pictures, and when. It also notes sign-ins, "
        "changes and deletions. Nobody can change the log without being found out. Names in it "
        "can be erased."
    ),
    "outside_heading": "What leaves the home",
    "nothing_outside": "Nothing. The system talks to no computer outside this home.",
    "something_outside": (
        "No picture leaves the home unlocked. The system talks to these computers:"
    ),
    "outside_mail": "{host}, to send mail. The mail holds no picture.",
    "outside_push": "{host}, to wake your phone. The message is locked and holds no picture.",
    "outside_broker": "{host}, to tell other devices that something happened.",
    "outside_update": "{host}, to look for updates.",
    "outside_other": "{host}.",
    "kept_heading": "How it is kept",
    "kept": (
        "Everything lies locked on a computer in this home. Who takes the disk away can read "
        "nothing."
    ),
    "unattended": (
        "After a power cut the system starts by itself. Its key lies on the same computer."
    ),
    "attended": "After a power cut an owner has to type the passphrase first.",
    "rights_heading": "What you can ask for",
    "rights": (
        "You can see what is stored about you. You can have it corrected, get a copy, or have it "
        "deleted. You can take back a yes that you gave. If you sign in, you find all this on the "
        "page Privacy. If not, ask the person named above. You can also complain to the data "
        "protection authority of your country."
    ),
}
