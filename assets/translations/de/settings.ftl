## Notifications, outside of the window
notice-letter = Ein Brief ist gekommen.
notice-something = Etwas ist gekommen.
notice-request = Nachrichtenanfrage
notice-request-text = Jemand Neues hat dir geschrieben.
notice-many = { $count ->
    [one] 1 neuer Brief
   *[other] { $count } neue Briefe
}
notice-to = { $title } → { $account }

## Settings
settings-account-id = Meine Account-ID
settings-change-name = Namen ändern
settings-path-live = steht
settings-path-building = wird gebaut
settings-path-broken = unterbrochen
settings-recovery-hint = Schreib es einmal auf
settings-on = An
settings-off = Aus
settings-device-new = neu
settings-clear = Daten löschen …
settings-foot = Onionskin { $version } · freie Software, GPL-3.0-or-later
settings-cancel = Abbrechen
settings-save = Speichern

## Your name
profile-title = Dein Name
profile-name = Name
profile-hint = Wem du schreibst, der sieht ihn mit deinem nächsten Brief.
profile-saved = Dein Name ist geändert.
profile-empty = Ein Name braucht mindestens einen Buchstaben.
profile-too-long = Das ist zu lang für einen Namen. Kürz ihn ein wenig.

## Recovery password
recovery-title = Wiederherstellungs{ "\u00AD" }passwort
recovery-lead = Diese { $count } Wörter öffnen deinen Account auf jedem Gerät. Wer sie hat, ist du. Schreib sie auf Papier und verwahre das Papier gut.
recovery-forms = Form der Wörter
recovery-form-13 = 13 Wörter
recovery-form-12 = 12 Wörter
recovery-form-13-note = Jede Session-App versteht sie.
recovery-form-25-note = Dieser Account hat 25 Wörter und keine kürzere Form. Onionskin versteht sie, die meisten Session-Apps noch nicht.
recovery-form-12-note = Dasselbe Geheimnis als BIP-39-Satz. Onionskin versteht ihn, andere Session-Apps nicht.
recovery-show = Wörter zeigen
recovery-show-hint = Achte darauf, dass dir niemand über die Schulter sieht.
recovery-copy = Kopieren
recovery-copy-failed = Die Wörter ließen sich nicht kopieren. Schreib sie auf.
recovery-cover = Zudecken
recovery-as-code = QR-Code
recovery-as-words = Wörter
recovery-code-label = QR-Code des Wiederherstellungspassworts
recovery-code-note = Jede Session-App versteht diesen Code.
recovery-code-25-note = Onionskin versteht diesen Code, andere Session-Apps nicht.
recovery-copied = Kopiert. Die Zwischenablage wird nach einer Minute geleert.
recovery-copied-for = Kopiert. Die Zwischenablage wird in { $seconds } s geleert.
recovery-copied-page = Kopiert. Leere die Zwischenablage, wenn du die Wörter eingefügt hast.
recovery-no-reset = Zurücksetzen gibt es nicht
recovery-no-reset-text = Wir können dir diese Wörter nicht schicken. Ohne sie ist ein verlorenes Gerät ein verlorener Account.

## Appearance
appearance-title = Aussehen
appearance-preview = Vorschau
appearance-preview-question = Wie sieht das aus?
appearance-preview-answer = Wie Papier, hinter dem das Licht steht.
appearance-paper = Papier
appearance-classic = Klassisch
appearance-ocean = Ozean
appearance-light = hell
appearance-dark = dunkel
appearance-follow = Wie das System
appearance-follow-hint = Bei Tag hell, bei Nacht dunkel
appearance-ink = Tinte
appearance-ink-blue = Luftpostblau
appearance-ink-green = Farn
appearance-ink-yellow = Stroh
appearance-ink-pink = Pfingstrose
appearance-ink-purple = Kohlepapier
appearance-ink-orange = Aprikose
appearance-ink-red = Briefkasten
appearance-text-size = Schriftgröße
appearance-percent = { $percent } %
appearance-language = Sprache
appearance-language-system = Wie das System
appearance-language-given = Diesmal wurde die Sprache beim Start des Programms vorgegeben. Deine Wahl gilt, wenn das nicht so ist.
appearance-writing = Schreiben
appearance-enter = Eingabe sendet
appearance-enter-on = Umschalt und Eingabe beginnen eine neue Zeile
appearance-enter-off = Eingabe beginnt eine neue Zeile, Strg und Eingabe senden

## What notifications show
notifications-title = Mitteilungen
notifications-content = Was eine Mitteilung zeigt
notifications-name-and-text = Name und Text
notifications-name-and-text-hint = Wer geschrieben hat, und was
notifications-name = Nur der Name
notifications-name-hint = Wer geschrieben hat, nicht was
notifications-nothing = Nichts
notifications-nothing-hint = Nur dass etwas gekommen ist
notifications-sample-name = Ines Duarte
notifications-sample-text = Wie sieht das aus?
notifications-system = Das System behält, was eine Mitteilung zeigt, so lange es will. Fremde werden ohne Namen und Text gemeldet, bis du sie annimmst.
notifications-show = Eine zeigen
notifications-absent = Dieses Fenster kann keine Mitteilungen zeigen. Die Wahl gilt dort, wo Onionskin es kann.

## Privacy
privacy-title = Privatsphäre
privacy-who = Wer was sieht
privacy-lead = Niemand unterwegs kann deine Briefe lesen. Manche erfahren ein wenig. Das ist alles, wovon wir wissen.
privacy-device = Dieses Gerät
privacy-device-sees = Alles. Briefe, Namen und Schlüssel liegen verschlüsselt auf seiner Festplatte. Die Passphrase, der Schlüsselbund des Systems oder deine Dateirechte schützen den Schlüssel dazu.
privacy-recipient = Wem du schreibst
privacy-recipient-sees = Deinen Brief, deinen Namen, deine Account-ID und die Zeit. Nicht deine IP-Adresse. Was du geschrieben hast, kann aufgehoben und gezeigt werden.
privacy-entry = Eingangsknoten
privacy-entry-sees = Deine IP-Adresse und Größe und Zeit versiegelter Anfragen. Nicht, was du sendest und an wen.
privacy-relay = Zwischenknoten
privacy-relay-sees = Die beiden Knoten neben sich, Größen und Zeiten. Weder dich noch das Ziel.
privacy-exit = Ausgangsknoten
privacy-exit-sees = Für welchen Knoten die Anfrage ist, Größen und Zeiten. Nicht dich, nicht den Brief.
privacy-swarm = Knoten, die Briefe aufbewahren
privacy-swarm-sees = An welche Account-ID geschrieben und wessen Postfach abgefragt wird, mit Größen und Zeiten. Nicht, was in einem Brief steht, nicht, wer ihn gesendet hat, nicht, wo du bist. Sie bewahren ihn versiegelt auf, bis zu 14 Tage.
privacy-seed = Startknoten
privacy-seed-sees = Deine IP-Adresse und dass du nach der öffentlichen Liste der Knoten fragst. Nichts von deinem Account.
privacy-server = Datei- und Push-Server
privacy-server-sees = Nichts. Onionskin benutzt sie noch nicht.
privacy-system = Dein Betriebssystem
privacy-system-sees = Was Mitteilungen zeigen, was du kopierst, und dass Onionskin läuft.
privacy-line = Dein Internetanbieter
privacy-line-sees = Dass du mit Knoten dieses Netzes sprichst, wann und wie viel.
privacy-other-network = Du benutzt das Netz „{ $name }“. Wer seine Knoten betreibt, betreibt vielleicht alle, und sieht dann, was sie zusammen sehen. Nimm es zum Ausprobieren, nicht für Geheimnisse.
privacy-limits = Wer beide Enden des Weges zugleich beobachtet, kann Zeiten vergleichen. Der Weg über drei Knoten macht das schwer, nicht unmöglich.

## Blocked people
blocked-title = Blockierte
blocked-lead = Was sie senden, wird verworfen. Sie erfahren es nicht.
blocked-note = Das Freigeben gilt auf all deinen Geräten. Was inzwischen gesendet wurde, kommt nicht zurück.
blocked-none = Du blockierst niemanden.
blocked-none-text = Wen du blockierst, der steht hier, auf all deinen Geräten.
blocked-unblock = Freigeben
blocked-unblock-name = { $name } freigeben

## Path
path-title = Weg
path-route = So reisen deine Briefe
path-live = Der Weg steht
path-live-lead = Jede Station nimmt dem Brief eine Haut ab und erfährt nur die nächste. Niemand unterwegs kennt beide Enden.
path-building = Ein Weg wird gesucht
path-building-lead = Drei Knoten werden gewählt. Deine Briefe warten hier und gehen los, sobald der Weg steht.
path-broken = Kein Weg steht
path-hop-building = Wird gesucht.
path-hop-broken = Unbekannt, bis ein Weg steht.
path-you = Du
path-you-live = Dein Brief geht in drei Häuten los.
path-you-waiting = Deine Briefe warten hier. Nichts geht verloren.
path-entry = Eingangsknoten
path-entry-knows = Kennt deine IP-Adresse, nicht, was du sendest oder an wen.
path-relay = Zwischenknoten
path-relay-knows = Kennt nur die beiden Knoten neben sich.
path-exit = Ausgangsknoten
path-exit-knows = Kennt das Ziel, nicht dich.
path-destination = Ziel
path-destination-knows = Ein Schwarm, der den versiegelten Brief bis zu 14 Tage aufbewahrt, bis er geholt wird.
path-destination-waiting = Ein Schwarm, sobald es einen Weg dorthin gibt.
path-millis = { $millis } ms
path-trying = Versuch läuft
path-new = Einen neuen Weg bauen
path-foot = Die Zahl ist der letzte Hin- und Rückweg über alle Stationen.

## Network
network-title = Netz
network-name = Name
network-from = Beschrieben von
network-from-command-line = der Befehlszeile
network-from-file = einer Datei, die du gewählt hast
network-from-program = dem Programm
network-command-line-note = Die Befehlszeile geht vor: Was du hier wählst, gilt, wenn Onionskin ohne sie startet.
network-choose = Netzdatei wählen
network-choose-note = Eine Netzdatei nennt die Knoten, mit denen begonnen wird. Sie gilt ab dem nächsten Start. Deine Accounts bleiben, aber wer in einem anderen Netz ist, ist nicht erreichbar.
network-chosen = „{ $name }“ ist verstanden. Es gilt ab dem nächsten Start.
network-built-in-chosen = Das eingebaute Netz gilt ab dem nächsten Start.
network-back = Zurück zum eingebauten Netz
network-wrong = Diese Datei beschreibt kein Netz. Nichts wurde geändert.
network-wrong-field = Der Teil „{ $field }“ dieser Datei stimmt nicht. Nichts wurde geändert.
network-file-large = Diese Datei ist zu groß. Nichts wurde geändert.
network-file-unreadable = Diese Datei ließ sich nicht als Text lesen. Nichts wurde geändert.
network-nodes = Knotenliste
network-count = Knoten
network-count-of = { $count } bekannt, { $usable } jetzt nutzbar
network-origin = Kommt von
network-origin-nothing = noch nirgends
network-origin-shipped = diesem Programm
network-origin-imported = einer Datei von dir
network-origin-cached = einem früheren Lauf
network-origin-seed = einem Startknoten
network-origin-nodes = mehreren Knoten, die sich einig sind
network-origin-without-seeds = fünf Knoten, die sich einig sind, weil einen Tag lang kein Startknoten antwortete
network-date = Geholt
network-import = Knotenliste einlesen
network-imported = { $count ->
    [one] Ein Knoten wurde gelesen. Die Liste gilt jetzt.
   *[other] { $count } Knoten wurden gelesen. Die Liste gilt jetzt.
}
network-import-wrong = Das ist keine Knotenliste, oder sie hat zu wenige Knoten für einen Weg. Die vorige bleibt.
network-save = Liste speichern
network-saved = Gespeichert: { $path }
network-not-saved = Die Liste ließ sich nicht speichern.
network-list-note = Die Liste ist öffentlich und nennt keinen Account. Sie hilft, wenn jemand keinen Startknoten erreicht.
network-swarm = Dein Schwarm
network-swarm-ask = Fragen, welche Knoten meine Briefe aufbewahren
network-swarm-asking = Wird gefragt
network-swarm-note = Diese Knoten bewahren auf, was dir gesendet wird, bis du es holst.
network-no-address = Adresse unbekannt
network-troubles = Was zuletzt schiefging
network-no-troubles = Nichts, seit Onionskin gestartet wurde.
network-during-polling = beim Holen
network-during-sending = beim Senden
network-during-erasing = beim Löschen

## Accounts
accounts-title = Accounts
accounts-current = Aktiv
accounts-create = Noch einen Account anlegen
accounts-create-first = Einen Account anlegen
accounts-examine = Nach Schäden suchen
accounts-examine-hint = Liest jede Seite des aktiven Briefkastens
accounts-examine-whole = Jede Seite davon geht auf.
accounts-restore = Einen Account hierher holen
accounts-note = Alle empfangen Briefe. Sie teilen sich nie einen Weg, damit niemand merkt, dass sie einem Menschen gehören.
accounts-remove = { $name } von diesem Gerät entfernen
accounts-remove-title = { $name } von diesem Gerät entfernen?
accounts-remove-text = Der Account selbst lebt weiter. Mit seinem Wiederherstellungspasswort kannst du ihn hierher oder anderswohin zurückholen.
accounts-remove-go-on = Weiter
accounts-remove-again-title = Die Briefe gehen verloren
accounts-remove-again-text = Alle Briefe, Kontakte und Schlüssel von { $name } werden hier gelöscht. Ohne das Wiederherstellungspasswort kann niemand diesen Account wieder öffnen, auch du nicht. Hast du es aufgeschrieben?
accounts-remove-yes = Hier löschen
accounts-keep = Behalten
accounts-removing = { $name } wird entfernt.

## Devices
devices-title = Geräte
devices-add = Ein weiteres Gerät hinzufügen
devices-add-1 = Öffne Onionskin oder eine andere Session-App auf dem anderen Gerät.
devices-add-2 = Wähle dort „Ich habe einen Account“.
devices-add-3 = Gib dein Wiederherstellungspasswort ein, oder zeig dem anderen Gerät dessen QR-Code.
devices-show = Wiederherstellungs{ "\u00AD" }passwort zeigen
devices-add-note = Name, Kontakte und was du gelesen hast sind dann auf beiden gleich. Wer die Wörter oder den Code sieht, kann dasselbe tun.
devices-seen = Gesehen
devices-last = Ein anderes Gerät handelte zuletzt
devices-never = nie gesehen
devices-this = Änderungen von hier
devices-unsent = warten aufs Senden
devices-all-sent = alle gesendet
devices-seen-note = Das Netz führt keine Liste der Geräte. Ein anderes fällt nur auf, wenn es etwas ändert: einen Namen, einen Kontakt, was gelesen ist. Eines, das nur mitliest, fällt nicht auf, und zwei lassen sich nicht unterscheiden.
devices-new = Ein anderes Gerät benutzt deinen Account
devices-new-text = Es hat etwas geändert: { $moment }.
devices-me = Das war ich
devices-not-me = Das war ich nicht
devices-stranger = Wenn du es nicht warst
devices-stranger-lead = Dann hat jemand dein Wiederherstellungspasswort. Es lässt sich nicht ändern, und kein Gerät lässt sich aussperren.
devices-stranger-1 = Lege einen weiteren Account an. Verwahre dessen Wiederherstellungspasswort, wo es niemand findet.
devices-stranger-2 = Nenne deinen Kontakten die neue Account-ID, am besten persönlich. Was du hier schreibst, kann lesen, wer das Passwort hat.
devices-stranger-3 = Lösche dann diesen Account, hier und im Netz.

## Lock
lock-title = Sperre
lock-is-on = Eine Passphrase schützt die Briefe auf diesem Gerät
lock-is-off = Keine Passphrase ist gesetzt
lock-by-passphrase = Nach ihr wird bei jedem Start und nach dem Sperren gefragt. Bis dahin ist der Schlüssel nicht im Speicher.
lock-by-system = Der Schlüsselbund des Systems verwahrt den Schlüssel. Wer als du angemeldet ist, kann Onionskin öffnen.
lock-by-files = Nur die Rechte deiner Dateien schützen den Schlüssel. Wer deine Dateien lesen kann, kann deine Briefe lesen.
lock-by-given-key = Wer Onionskin gestartet hat, hat ihm den Schlüssel gegeben.
lock-now = Jetzt sperren
lock-now-hint = Strg und L tun dasselbe. Gesperrt kommen keine Briefe an.
lock-change = Passphrase ändern
lock-change-yes = Ändern
lock-remove = Passphrase entfernen
lock-remove-title = Passphrase entfernen?
lock-remove-text = Onionskin öffnet sich dann, ohne zu fragen. Der Schlüsselbund des Systems schützt den Schlüssel, wo es einen gibt, sonst nur die Rechte deiner Dateien.
lock-remove-yes = Entfernen
lock-removed = Die Passphrase ist entfernt.
lock-changed = Die Passphrase ist geändert.
lock-set-title = Passphrase setzen
lock-set = Setzen
lock-set-done = Die Passphrase ist gesetzt.
lock-busy = Einen Moment
lock-new = Neue Passphrase
lock-again = Noch einmal dieselbe
lock-hint = Ein paar Wörter, die nicht zusammengehören, sind leicht zu merken und schwer zu erraten.
lock-strength-short = Das lässt sich durch Probieren finden. Ein paar Wörter mehr helfen.
lock-strength-fair = Nicht schlecht. Ein Wort mehr macht sie stark.
lock-strength-strong = Stark.
lock-wrong-short = Bitte mindestens { $least } Zeichen.
lock-wrong-long = Bitte höchstens { $most } Zeichen.
lock-wrong-different = Die beiden sind nicht gleich.
lock-protects = Sie schützt vor jemandem, der dieses Gerät oder seine Festplatte hat, während Onionskin gesperrt oder geschlossen ist. Sie gilt für alle Accounts hier. Niemand kann sie zurücksetzen; mit dem Wiederherstellungspasswort kannst du neu beginnen.
lock-copies = Der Schlüssel der Briefe bleibt derselbe, wenn eine Passphrase gesetzt oder geändert wird. Wer deine Dateien kopiert hat, als nur ihre Rechte sie schützten, kann die Briefe in dieser Kopie weiter lesen.
lock-renew = Alles neu verschlüsseln
lock-renew-hint = Mit einem neuen Schlüssel, auf diesem Gerät. Onionskin schließt so lange; lange Unterhaltungen brauchen etwas Zeit.
lock-renew-done = Alles ist mit einem neuen Schlüssel verschlüsselt.
lock-renew-title = Alles neu verschlüsseln?
lock-renew-text = Alle Accounts dieses Geräts werden geschlossen und wieder geöffnet. Es dauert so lange, wie alle Briefe einmal zu schreiben, und braucht so lange ebenso viel Platz.
lock-renew-yes = Alles neu verschlüsseln
lock-protects-not = Sie schützt nicht vor Programmen, die hier laufen, während Onionskin offen ist.

## Clear data
clear-title = Daten löschen
clear-lead = Von hier führt kein Weg zurück.
clear-device = Dieses Gerät leeren
clear-device-hint = Andere Geräte behalten ihres
clear-network = Dieses Gerät und das Netz leeren
clear-network-hint = Auch was Knoten für dich aufbewahren
clear-note = Briefe, die andere bekommen haben, bleiben bei ihnen.
clear-go-on = Weiter
clear-keep = Alles behalten
clear-device-title = Dieses Gerät leeren?
clear-device-text = Briefe, Kontakte und Schlüssel dieses Accounts werden hier gelöscht. Andere Geräte behalten ihres.
clear-network-title = Dieses Gerät und das Netz leeren?
clear-network-text = Die Knoten, die Briefe für dich aufbewahren, werden gebeten, sie zu löschen. Was ein anderes Gerät von dir noch nicht geholt hat, geht mit verloren. Dann wird dieses Gerät geleert.
clear-again-title = { $name } endgültig löschen?
clear-device-again = Zurück kommst du nur mit deinem Wiederherstellungspasswort, und ohne die Briefe. Wenn du es nicht aufgeschrieben hast, ist der Account verloren.
clear-network-again = Von jetzt an sendet und holt dieses Gerät nichts mehr für diesen Account. Zurück kommst du nur mit deinem Wiederherstellungspasswort, und ohne die Briefe.
clear-device-yes = Dieses Gerät leeren
clear-network-yes = Beides leeren
clear-erasing = Die Knoten werden gefragt. Auf diesem Gerät ist noch alles.
clear-removing = Dieses Gerät wird geleert.
clear-left = Nicht jeder Knoten hat bestätigt
clear-left-text = Auf diesem Gerät ist noch alles. Knoten, die nicht bestätigt haben, behalten versiegelte Briefe vielleicht, bis sie ablaufen.
clear-nodes = Was die Knoten gesagt haben
clear-confirmed = gelöscht
clear-not-confirmed = keine Antwort
clear-failed = Kein Knoten hat bestätigt
clear-failed-safe = Auf diesem Gerät ist noch alles.
clear-go-on-using = Diesen Account weiter benutzen
clear-silent = Solange diese Frage offen ist, wird für diesen Account nichts gesendet und nichts geholt.
clear-retry = Noch einmal fragen
clear-anyway = Dieses Gerät trotzdem leeren
clear-anyway-title = Dieses Gerät trotzdem leeren?
clear-anyway-text = Was die Knoten noch aufbewahren, ist versiegelt und läuft von selbst ab. Hier wird alles von diesem Account gelöscht, und nur das Wiederherstellungspasswort bringt dich zurück.
clear-anyway-yes = Dieses Gerät leeren

## About
about-title = Über Onionskin
about-version = Version { $version }
about-lead = Private Nachrichten im Session-Netz. Keine Telefonnummer, keine E-Mail-Adresse, niemand in der Mitte, der mitlesen kann.
about-licence = Lizenz
about-licence-text = GNU General Public License, Version 3 oder später. Du darfst es benutzen, untersuchen, weitergeben und ändern.
about-source = Quelltext
about-source-text = Wer dir dieses Programm gibt, muss dir auch seinen Quelltext geben oder sagen, wo er ist.
about-others = Die Arbeit anderer
about-others-text = Onionskin steht auf freien Bibliotheken: Dioxus für den Bildschirm, SQLCipher für das Hauptbuch, die Bibliotheken von RustCrypto und dalek für die Schlösser, Tokio für die Geduld. Jede behält ihre eigene Lizenz, die in ihrem Quelltext steht. Onionskin kommt nicht von den Machern von Session.
about-licence-open = Lizenz lesen
about-licence-close = Lizenz schließen
