## Der Anfang
landing-title = Briefe auf dünnem, festem Papier.
landing-lead = Private Nachrichten, in drei Häute gefaltet. Nur wem du schreibst, kann sie öffnen.
landing-create = Account anlegen
landing-restore = Ich habe einen Account
landing-sample = Ein Beispiel: Es braucht keine Telefonnummer, nur einen Namen deiner Wahl und einen Schlüssel, der bei dir bleibt. Niemand sonst kann die Briefe lesen.
landing-sample-phone = Brauche ich deine Telefonnummer?
landing-sample-key = Nein. Nur das: einen Namen, den du wählst, und einen Schlüssel, der bei dir bleibt.
landing-sample-who = Und wer kann es lesen?
landing-sample-sealed = Du. Und ich. Die Post sieht nur einen verschlossenen Brief.
protection-title = Wer darf die Briefe auf diesem Gerät öffnen?
protection-lead = Dieses System hat keinen Schlüsselbund, den Onionskin nutzen könnte. Wähle eine Passphrase, oder verlass dich allein auf die Rechte deiner Dateien.
protection-hint = Du gibst sie bei jedem Start von Onionskin ein. Niemand kann sie zurücksetzen.
protection-passphrase = Diese Passphrase nehmen
protection-files = Nur auf Dateirechte verlassen
create-title = Wie sollen andere dich nennen?
create-lead = Ein Vorname, ein Spitzname, irgendetwas. Wem du schreibst, sieht ihn. Du kannst ihn jederzeit ändern.
create-name = Dein Name
create-hint = Keine E-Mail, keine Telefonnummer. Wir haben keine Namensliste.
create-busy = Dein Schlüssel entsteht
name-empty = Gib einen Namen ein. Ein Buchstabe genügt.
name-too-long = Dieser Name ist um { $over ->
        [one] ein Byte
       *[other] { $over } Bytes
    } zu lang: Er braucht { $found } von { $most }. Einfache Buchstaben brauchen eines, Umlaute zwei, Emojis vier oder mehr.

## Wiederherstellen
restore-title = Ich habe einen Account
restore-lead = Gib dein Wiederherstellungspasswort ein: dreizehn Wörter, bei manchen Accounts fünfundzwanzig. Die zwölf Wörter, die Onionskin auch zeigt, gehen ebenso.
restore-words = Wiederherstellungspasswort
restore-hint = Wer diese Wörter hat, ist du. Gib sie ein, wo dir niemand über die Schulter sieht.
restore-picture = Ein Bild des Codes lesen
restore-look = Nachsehen, welcher Account es ist
restore-empty = Gib zuerst die Wörter ein.
restore-too-few = { $found ->
        [one] Das ist ein Wort.
       *[other] Das sind { $found } Wörter.
    } Ein Wiederherstellungspasswort hat { $all } oder { $long }, in seiner anderen Form { $short }. Es fehlen welche.
restore-too-many = Das sind { $found } Wörter. Ein Wiederherstellungspasswort hat { $all } oder { $long }, in seiner anderen Form { $short }. Sieh nach, ob Wörter doppelt dastehen.
restore-between = Das sind { $found } Wörter. Ein Wiederherstellungspasswort hat { $all } oder { $long }, in seiner anderen Form { $short }. Es fehlen welche, oder es stehen welche doppelt da. Vergleiche sie mit deiner Notiz.
restore-unknown = „{ $word }“, Wort { $place }, ist keines der Wörter.
restore-unknown-meant = „{ $word }“, Wort { $place }, ist keines der Wörter. Meinst du „{ $meant }“?
restore-last-missing = Das letzte Wort fehlt. Dieses Wiederherstellungspasswort hat { $all }; das letzte prüft die anderen.
restore-checksum = Alle Wörter gibt es, aber sie gehören nicht zusammen. Eines ist falsch, oder zwei sind vertauscht. Vergleiche sie mit deiner Notiz.
restore-not-a-code = In diesem Bild ist ein Code, aber er ist kein Wiederherstellungspasswort.
restore-is-it-you = Bist du das?
restore-is-it-you-lead = Die Wörter führen zu dieser Account-ID. Noch wurde nichts geöffnet.
restore-comes-back = Dein Name, deine Kontakte und wen du blockierst kommen von selbst zurück, soweit das Netz sie aufbewahrt. Briefe der letzten 14 Tage auch.
restore-now = Diesen Account wiederherstellen
restore-busy = Wird wiederhergestellt
restore-other = Das sind nicht meine Wörter
restore-here = Dieser Account ist schon auf diesem Gerät. Es wurde nichts geändert.
restore-taken = Dieser Account ist schon auf diesem Gerät, oder ein anderes Onionskin hat ihn offen. Es wurde nichts geändert.
restore-open-here = Öffnen

## Übersicht
home-title = Unterhaltungen
home-pinned = Angeheftete Unterhaltungen
home-new = Neue Unterhaltung
home-settings-built = Einstellungen. Der Weg steht
home-settings-building = Einstellungen. Ein Weg wird gebaut
home-settings-broken = Einstellungen. Es gibt keinen Weg
home-offline = Du bist offline. Schreib weiter. Briefe gehen von selbst hinaus, sobald du wieder verbunden bist.
home-nothing-open = Wähle eine Unterhaltung.
home-empty-title = Noch keine Briefe
home-empty-text = Gib jemandem deine Account-ID, oder gib die andere ein. Niemand kann dich über Name oder Nummer finden.
home-empty-show = Meine Account-ID zeigen
home-empty-enter = Eine Account-ID eingeben
row-pinned = Angeheftet
row-blocked = Blockiert
row-failed = Nicht gesendet. Öffne sie, um es noch einmal zu versuchen.
row-draft = Entwurf
row-nothing = Noch nichts geschrieben
row-waiting = Wartet aufs Senden
row-sent = Gesendet
row-not-sent = Nicht gesendet
row-accepted-mine = Du hast die Anfrage angenommen
row-accepted-theirs = Hat deine Anfrage angenommen
row-you = Du: { $text }
row-newer = Ein Brief in einem neueren Format
row-marked-unread = als ungelesen markiert
row-menu = Was mit { $name } getan werden kann
row-unread = { $count ->
        [one] eine ungelesen
       *[other] { $count } ungelesen
    }

## Nachrichtenanfragen
requests-title = Nachrichtenanfragen
requests-banner = { $count ->
        [one] Ein Mensch, den du noch nicht kennst
       *[other] { $count } Menschen, die du noch nicht kennst
    }
requests-explained = Diese Menschen kennst du noch nicht. Öffnen antwortet nicht; sie hören erst von dir, wenn du annimmst.
requests-answer = { $name } antworten
requests-accept = Annehmen
requests-decline = Ablehnen
requests-block = Blockieren
requests-empty-title = Niemand wartet
requests-empty-text = Schreibt dir jemand, den du nicht kennst, wartet der Brief hier, bis du entscheidest.

## Suche
search = Suchen
search-hint = Namen und Wörter
search-clear = Leeren
search-explained = Gib einen Namen ein, oder Wörter aus einem Brief. Die Suche bleibt auf diesem Gerät.
search-people = Unterhaltungen
search-messages = Briefe
search-you = Du:
search-more = Mehr zeigen
search-here-only = Nur auf diesem Gerät gesucht.
search-nothing = Nirgends steht „{ $text }“
search-nothing-hint = Versuche es mit weniger Buchstaben. Was gelöscht ist, lässt sich nicht finden.
search-nothing-yet = Ältere Briefe werden noch für die Suche vorbereitet. Sie sucht von selbst noch einmal.
search-filling = Die Suche wird neu vorbereitet: { $percent } % der Briefe lassen sich finden, die neuesten zuerst.

## Neue Unterhaltung
new-title = Neue Unterhaltung
new-account = Account-ID
new-hint = Frag persönlich danach, oder auf einem anderen Weg, dem du traust. Sie beginnt mit 05.
new-next = Weiter
new-picture = Ein Bild des Codes lesen
new-picture-other = In diesem Bild ist ein Code, aber er ist keine Account-ID.
new-note-hint = Briefe an dich selbst, auf all deinen Geräten
new-show-mine = Meine Account-ID zeigen
new-contacts = Kontakte
new-own = Das ist deine eigene Account-ID. Hier sind deine Notizen.
new-wrong-empty = Füge zuerst eine Account-ID ein.
new-wrong-none = In diesem Text steht keine Account-ID. Sie hat 66 Zeichen und beginnt mit 05.
new-wrong-several = In diesem Text stehen mehrere Account-IDs. Lass nur eine stehen.
new-wrong-length = Eine Account-ID hat { $all } Zeichen. { $found ->
        [one] Das ist eines.
       *[other] Das sind { $found }.
    }
new-wrong-character = Zeichen { $place } ist „{ $letter }“. Eine Account-ID hat nur die Ziffern 0 bis 9 und die Buchstaben a bis f.
new-wrong-group = Das ist die ID einer Gruppe. Jemand aus der Gruppe muss dich einladen.
new-wrong-blinded = Diese ID gehört jemandem in einer Community, der seine Account-ID für sich behält. Frag danach.
new-wrong-community = Das ist die Adresse einer Community, nicht die eines Menschen.
new-wrong-kind = Das ist keine Account-ID. Sie muss mit 05 beginnen.
new-wrong-key = Diese Account-ID kann niemand haben. Frag noch einmal danach.

## Meine Account-ID
account-id-title = Meine Account-ID
account-id-label = Account-ID { $id }
account-id-code = Code meiner Account-ID
account-id-copy = Kopieren
account-id-save = Bild speichern
account-id-saved = Gespeichert als { $place }
account-id-not-saved = Das Bild ließ sich nicht speichern. Schaffe Platz auf der Festplatte, oder kopiere stattdessen die Account-ID.
account-id-explained = Wer das hat, kann dir schreiben. Sonst verrät es nichts über dich.

## Ein Account, der zurückkommt
restoring-title = Dein Account kommt zurück
restoring-done = Dein Account ist da
restoring-lead = Was das Netz für dich aufbewahrt, kommt Teil für Teil. Du kannst Onionskin so lange benutzen.
restoring-offline = Gerade gibt es kein Netz. Es geht von selbst weiter, sobald du wieder verbunden bist. Du kannst Onionskin so lange benutzen.
restoring-offline-short = Kein Netz. Es geht von selbst weiter.
restoring-done-text = Alles, was das Netz für dich aufbewahrt, ist hier.
restoring-count = { $here } von { $all } Teilen sind geklärt
restoring-parts = Teile deines Accounts
restoring-profile = Name und Profil
restoring-profile-named = Name und Profil: { $name }
restoring-contacts = Kontakte und Blockierte
restoring-groups = Gruppen und Communitys
restoring-read = Was du gelesen hast
restoring-here = hier
restoring-absent = nichts aufbewahrt
restoring-partial = teilweise hier
restoring-not-understood = diese Version kann es nicht lesen
restoring-waiting = wartet
restoring-letters = Briefe der letzten 14 Tage kommen, sobald Profil und Kontakte geklärt sind, sonst nach einigen Minuten ohne sie. Ältere sind nur auf deinen anderen Geräten.
restoring-name = Wie sollen andere dich nennen?
restoring-name-waiting = Dein Name ist noch nicht angekommen. Kommt er noch, wird er genommen.
restoring-name-none = Zu diesem Account fand sich kein Name.
archive-title = Archiv
archive-in = Archivieren
archive-out = Aus dem Archiv holen
archive-done = Jetzt im Archiv
archive-undone = Wieder in der Liste
archive-count = { $count ->
        [one] Eine Unterhaltung
       *[other] { $count } Unterhaltungen
    }
archive-unread = { $count ->
        [one] Eine Unterhaltung mit ungelesenen Briefen
       *[other] { $count } Unterhaltungen, manche mit ungelesenen Briefen
    }
archive-empty = Das Archiv ist leer
archive-note = Ein neuer Brief holt eine Unterhaltung zurück, außer sie ist stumm. Das Archiv gibt es nur auf diesem Gerät.
row-muted = Stumm
requests-clear = Alle ablehnen …
requests-clear-ask = Alle Anfragen ablehnen?
requests-clear-here = Jede Anfrage verschwindet, mit ihren Briefen.
requests-clear-who = Die anderen
requests-clear-yes = Alle ablehnen
requests-cleared = Alle Anfragen abgelehnt
requests-more = { $count ->
        [one] Eine weitere in einer Stunde
       *[other] { $count } weitere in einer Stunde
    }
requests-more-hint = In einer Zeile gesammelt, keine geht verloren. Vielleicht überflutet dich jemand.
requests-flood = Weitere Anfragen
