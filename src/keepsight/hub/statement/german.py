"""The statement's sentences in German. Kurze Wörter, kurze Sätze."""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "title": "Kameras bei {household}: was mit Ihrem Bild geschieht",
    "written": "Vom Kamerasystem selbst am {date} geschrieben, nach dem, was eingeschaltet ist.",
    "and": "und",
    "day": "Tag",
    "days": "Tagen",
    "who_heading": "Wer das betreibt",
    "who": "{owners} betreibt diese Kameras. Fragen Sie dort, wenn Sie etwas wissen wollen.",
    "recorded_heading": "Was die Kameras tun",
    "no_cameras": "Zurzeit gibt es keine Kamera.",
    "not_whole": (
        "Hier stehen nur Kameras, die Sie sehen dürfen. Die ganze Seite hat, wer oben steht."
    ),
    "in_room": " ({room})",
    "recorded_sound": "nimmt Bild und Ton auf. Nach {days} wird das gelöscht.",
    "recorded_silent": "nimmt das Bild auf. Nach {days} wird es gelöscht.",
    "eventless": "Wo nichts auffiel, wird es nach {days} gelöscht.",
    "following": "Wo nichts auffiel, wird es nach wenigen Minuten gelöscht.",
    "live_only": "zeigt nur das Bild von jetzt. Nichts wird aufgenommen.",
    "look_heading": "Wer schauen kann",
    "one_member": "Eine Person aus diesem Haushalt kann schauen.",
    "members": "{count} Personen aus diesem Haushalt können schauen.",
    "one_guest": "Ein Gast sieht das, was ihm erlaubt wurde, für eine begrenzte Zeit.",
    "guests": "{count} Gäste sehen das, was ihnen erlaubt wurde, für eine begrenzte Zeit.",
    "displays": "Diese Bildschirme zeigen Bilder: {displays}.",
    "sealed": (
        "Jedes Bild wird sofort verschlossen. Es geht nur auf einem Gerät auf, das den Schlüssel "
        "hat. Ein fremdes Gerät kann es nicht öffnen, auch wenn das Bild einmal falsch ankommt."
    ),
    "noticed_heading": "Wonach gesucht wird",
    "nothing_noticed": "In den Bildern wird nach nichts gesucht.",
    "noticed": "Das System sucht in den Bildern nach {kinds} und merkt sich, wann es etwas sah.",
    "no_faces": "Es kennt keine Gesichter und führt keine Liste davon.",
    "noted_for": "Notizen werden nach {days} gelöscht.",
    "noted_for_long": "Notizen bleiben, bis die Platte voll ist.",
    "noted": (
        "Eine Notiz sagt, was wann und wo zu sehen war. Dazu kann es kleine Bilder geben. Sie sind "
        "verschlossen wie alle anderen. Wer hier wohnt, kann eine Notiz länger behalten."
    ),
    "kind_person": "Menschen",
    "kind_vehicle": "Autos",
    "kind_cat": "Katzen",
    "kind_dog": "Hunden",
    "kind_package": "Paketen",
    "kind_sound": "manchen Geräuschen",
    "logged_heading": "Was aufgeschrieben wird",
    "logged": (
        "Ein Buch hält fest, welches Gerät wann den Schlüssel zu welchen Bildern bekam. Auch "
        "Anmelden, Ändern und Löschen steht darin. Niemand kann das Buch ändern, ohne dass es "
        "auffällt. Namen darin kann man löschen."
    ),
    "outside_heading": "Was das Haus verlässt",
    "nothing_outside": "Nichts. Das System spricht mit keinem Rechner außerhalb.",
    "something_outside": (
        "Kein Bild geht offen aus dem Haus. Das System spricht mit diesen Rechnern:"
    ),
    "outside_mail": "{host}, um Post zu senden. Darin ist kein Bild.",
    "outside_push": (
        "{host}, um Ihr Telefon zu wecken. Die Nachricht ist verschlossen und hat kein Bild."
    ),
    "outside_broker": "{host}, um anderen Geräten zu sagen, dass etwas geschah.",
    "outside_update": "{host}, um nach neuen Fassungen zu sehen.",
    "outside_other": "{host}.",
    "kept_heading": "Wie es verwahrt wird",
    "kept": (
        "Alles liegt verschlossen auf einem Rechner in diesem Haus. Wer die Platte mitnimmt, kann "
        "nichts lesen."
    ),
    "unattended": (
        "Nach einem Stromausfall startet das System von selbst. Sein Schlüssel liegt auf demselben "
        "Rechner."
    ),
    "attended": "Nach einem Stromausfall muss erst jemand das Kennwort eingeben.",
    "rights_heading": "Was Sie verlangen können",
    "rights": (
        "Sie können sehen, was über Sie gespeichert ist. Sie können es ändern lassen, eine Kopie "
        "bekommen oder es löschen lassen. Sie können ein Ja zurücknehmen. Wer sich anmeldet, "
        "findet das alles auf der Seite Datenschutz. Sonst fragen Sie die Person, die oben steht. "
        "Sie können sich auch bei der Aufsicht für Datenschutz beschweren."
    ),
}
