## Überall
back = Zurück
close = Schließen
undo = Rückgängig
continue = Weiter
try-again = Noch einmal versuchen
opening = Wird geöffnet
settings = Einstel{ "\u00AD" }lungen
passphrase = Passphrase
field-show = Zeigen, was du eingibst
field-cover = Zudecken, was du eingibst
copy-failed = Das ließ sich nicht kopieren. Markiere den Text und kopiere ihn selbst.

## Bilder mit einem Code
picture-hint = Du kannst das Bild auch hierher ziehen oder einfügen. Es wird auf diesem Gerät gelesen und nicht behalten.
picture-too-large = Dieses Bild ist zu groß. Schneide es auf den Code zu und versuche es noch einmal.
picture-unreadable = Diese Datei lässt sich nicht lesen. Nimm ein Bild als PNG, JPEG oder WebP.
picture-no-code = In diesem Bild ist kein Code, oder es ist zu unscharf. Nimm eines, auf dem der Code groß und scharf ist.

## Gesperrt oder in Not
unlock-title = Gesperrt
unlock-lead = Gib deine Passphrase ein. Bis dahin kann niemand lesen, was hier liegt, auch Onionskin nicht.
unlock = Entsperren
unlock-busy = Wird geöffnet
unlock-empty = Gib die Passphrase ein.
trouble-title = Der Briefkasten geht nicht auf.
trouble-taken = Onionskin ist schon offen, oder der Schlüsselbund des Systems ist gesperrt. Schließe das andere oder entsperre den Schlüsselbund. Dann versuche es noch einmal.
trouble-safe = Es wurde nichts gelöscht.

## Accounts that do not open
closed-section = { $name } ließ sich nicht öffnen
closed-one = Ein Account ließ sich nicht öffnen
closed-several = { $count } Accounts ließen sich nicht öffnen
closed-line = Es wurde nichts gelöscht. Zu den Auswegen
closed-unknown = Ohne Namen
closed-why = Ließ sich nicht öffnen. { $reason }
closed-twice = Er liegt hier ein zweites Mal; der andere wird benutzt.
closed-silent = Die Festplatte antwortet nicht.
closed-damaged = Die Daten sind beschädigt.
closed-safe = Es wurde nichts gelöscht.
closed-inside = { $name } ist innen beschädigt
closed-inside-why = Einige Seiten davon gehen nicht mehr auf. Was darauf liegt, lässt sich nicht zeigen.
closed-ways = Auswege
closed-words = Das Wiederherstellungspasswort eingeben
closed-words-hint = Öffnet einen neuen Briefkasten. Der alte bleibt daneben liegen
closed-again = Noch einmal versuchen
closed-again-hint = Hilft, wenn die Dateien wieder an ihrem Platz sind
closed-still = Er geht noch immer nicht auf. { $reason }
closed-opened = Er geht wieder auf.
closed-rescue = Retten, was lesbar ist
closed-rescue-hint = In einen neuen Briefkasten. Der alte wird nicht verändert
closed-files = Die versiegelten Dateien aufheben
closed-files-hint = Den Pfad ihres Ordners kopieren: { $path }
closed-keep-hint = Als eine Datei, wo du willst, { $size }. Hier bleiben sie auch
closed-kept = Die versiegelten Dateien liegen in { $place }
closed-not-kept = Die versiegelten Dateien ließen sich nicht speichern. Hier sind sie noch. Schaffe Platz auf der Festplatte, oder wähle einen anderen Ort.
closed-aside = Beiseitelegen
closed-aside-hint = Die Dateien bleiben. Onionskin versucht nicht mehr, sie zu öffnen
closed-remove = Diesen Account hier entfernen …
closed-remove-title = Von diesem Gerät entfernen?
closed-remove-text = Seine Dateien werden gelöscht, mit allem, was darin noch lesbar war. Ohne das Wiederherstellungspasswort kann niemand diesen Account wieder öffnen, auch du nicht.
closed-remove-old-text = Die alten Dateien werden gelöscht, mit allem, was darin noch lesbar war. Was im neuen Briefkasten liegt, bleibt.
closed-remove-yes = Hier löschen
closed-old-section = Alte Dateien von { $name }
closed-old = Alte Dateien, beiseitegelegt. Sie belegen { $size }.
closed-back = Noch einmal versuchen, sie zu öffnen
closed-back-hint = Von zwei Briefkästen eines Accounts wird nur einer benutzt
closed-remove-old = Die alten Dateien löschen …
size-kilobytes = { $count } kB
size-megabytes = { $count } MB

## Rescue
rescue-title = Briefe retten
rescue-none = Es wird gerade nichts gerettet.
rescue-lead = Der Briefkasten von { $name } ist beschädigt. Onionskin liest ihn Stück für Stück in einen neuen. Der alte wird nicht verändert.
rescue-letters = Briefe
rescue-people = Menschen
rescue-conversations = Unterhaltungen
rescue-waiting = Wartet darauf, gesendet zu werden
rescue-others = Einstellungen und der Rest
rescue-keys = Schlüssel
rescue-keys-hint = Ohne sie braucht es das Wiederherstellungspasswort
rescue-keys-found = gefunden
rescue-keys-sought = gesucht
rescue-read = Gelesen
rescue-far = { $percent } Prozent. Du kannst diese Ansicht verlassen.
rescue-stop = Abbrechen
rescue-under-way = { $name } wird gerettet
rescue-has-ended = Was von { $name } gerettet wurde
rescue-missing = Zeigen, was fehlt
rescue-missing-title = Was fehlt
rescue-pages = Beschädigte Seiten
rescue-pages-hint = Was darauf stand, ist nicht mehr lesbar
rescue-letters-hint = An ihrer Stelle steht keine Zeile: wo sie standen, ging mit ihnen verloren
rescue-waiting-hint = Schreib es noch einmal, wenn es nicht ankam
rescue-gone-none = nichts
rescue-gone-unknown = niemand weiß es
rescue-gone-at-most = höchstens { $count }
rescue-back = { $count ->
    [one] Ein Brief ist wieder da
   *[other] { $count } Briefe sind wieder da
  }
rescue-none-lost = Keiner ging verloren.
rescue-lost = { $count ->
    [one] Einer ließ sich nicht lesen.
   *[other] { $count } ließen sich nicht lesen.
  }
rescue-lost-about = { $count ->
    [one] Einer ließ sich nicht lesen, soweit sich das zählen lässt.
   *[other] Bis zu { $count } ließen sich nicht lesen.
  }
rescue-kept = Der beschädigte Briefkasten bleibt neben dem neuen liegen, bis du ihn löschst, { $size }.
rescue-asks-again = Kontakte und Einstellungen, die fehlen, kommen von deinen anderen Geräten zurück, soweit das Netz sie aufhebt.
rescue-what = Was gelesen wurde
rescue-all = alle { $read }
rescue-of = { $read } von { $all }
rescue-of-about = { $read } von bis zu { $all }
rescue-open = Den neuen Briefkasten öffnen
rescue-ended = Es wurde nichts gerettet
rescue-stopped = Du hast abgebrochen.
rescue-to-ways = Zurück

## Tasten
keys-title = Tasten
keys-new = Neue Unterhaltung
keys-search = Suchen
keys-write = Einen Brief schreiben
keys-open = Eine Unterhaltung der Liste öffnen, von oben gezählt
keys-next = Nächste Unterhaltung
keys-previous = Vorige Unterhaltung
keys-arrows = In einer Liste auf und ab gehen
keys-enter = Den Brief senden
keys-line = Eine neue Zeile beginnen
keys-back = Schließen, was offen ist, dann zurück
keys-settings = Einstellungen
keys-larger = Größere Schrift
keys-smaller = Kleinere Schrift
keys-usual = Schrift in üblicher Größe
keys-lock = Sperren, wenn es eine Passphrase gibt
keys-help = Dieses Blatt zeigen
key-control = Strg
key-shift = Umschalt
key-enter = Eingabe
key-escape = Esc

## Links
link-title = Diesen Link öffnen?
link-mail-title = An diese Adresse schreiben?
link-explained = Die Seite dahinter sieht deine IP-Adresse. Sie wird außerhalb von Onionskin geöffnet.
link-open = Öffnen
link-copy = Adresse kopieren
link-no = Nicht öffnen
link-not-opened = Es hat sich kein Browser geöffnet. Kopiere stattdessen die Adresse.
link-refused-title = Dieser Link wird nicht geöffnet
link-refused-text = Onionskin öffnet nur Web- und Mailadressen. Dies ist etwas anderes, oder es ist kaputt.
link-user-info = Was vor dem @ steht, ist nicht das Ziel. Der Link führt zu { $host }.
link-number = Hier steht eine bloße Zahl statt eines Namens. Wenige ehrliche Links sehen so aus.
link-look-alike = Der Name hat Buchstaben, die anderen gleichen können. Vergleiche ihn Buchstabe für Buchstabe.
link-mixed = Der Name mischt Buchstaben mehrerer Schriften, was ehrliche Namen kaum tun. Vergleiche ihn Buchstabe für Buchstabe.
link-written = Geschrieben als { $name }
link-not-encrypted = Diese Seite ist nicht verschlüsselt. Alle auf dem Weg können mitlesen.

## Was schiefging
error-offline = Du bist offline. Schreib weiter. Briefe gehen von selbst hinaus, sobald du wieder verbunden bist.
error-guard = Der erste Knoten deines Wegs antwortet nicht. Es wird ein anderer gesucht.
error-path = Ein Knoten deines Wegs antwortet nicht mehr. Deine Briefe warten hier und gehen hinaus, sobald ein neuer Weg steht.
error-swarm = Das Netz hat es nicht angenommen. Es liegt sicher hier und kann noch einmal gesendet werden.
error-server = Der Server hat es nicht angenommen. Versuche es später noch einmal.
error-clock = Die Uhr dieses Geräts geht falsch. Bis sie gestellt ist, können keine Briefe hinaus.
error-too-large = Das ist zu lang.
error-not-found = Das gibt es hier nicht mehr.
error-not-allowed = Das geht jetzt nicht.
error-input = Etwas daran stimmt nicht.
error-recovery = Diese Wörter sind kein Wiederherstellungspasswort.
error-unreadable = Es kam etwas an, das sich nicht lesen ließ. Es wurde beiseitegelegt.
error-storage = Die Festplatte ist voll. Schaffe Platz und versuche es noch einmal.
error-damaged = Die Daten sind beschädigt. Es wurde nichts gelöscht.
error-empty = Der Briefkasten ist leer, wie nach einem Stromausfall.
error-missing = Der Briefkasten liegt nicht an seinem Platz.
error-foreign = An der Stelle des Briefkastens liegt etwas anderes.
error-key-missing = Der Schlüssel, der neben dem Briefkasten lag, ist weg.
error-in-use = Er ist schon offen, in einem anderen Onionskin. Schließe das andere.
error-read-only = In den Ordner lässt sich nichts schreiben. Ändere die Rechte des Ordners.
error-path-long = Der Pfad des Ordners ist zu lang. Bewahre die Daten in einem anderen Ordner auf.
error-nothing-readable = Darin lässt sich nichts mehr lesen.
error-seed-unreadable = Die Schlüssel des Accounts lassen sich nicht mehr lesen. Das Wiederherstellungspasswort bringt sie zurück.
error-key = Das ist nicht die richtige Passphrase.
error-newer = Das hat eine neuere Version von Onionskin geschrieben. Aktualisiere, um es zu öffnen.
error-bug = Das hat nicht geklappt, und es liegt an uns. Was du geschrieben hast, ist sicher.

## Zeiten
when-clock = { $hour }:{ $minute }
when-today = Heute
when-yesterday = Gestern
when-day = { $weekday }, { $date }
when-moment = { $day }, { $clock } Uhr
when-date = { $day }. { $month }
when-date-year = { $day }. { $month } { $year }
when-date-short = { $day }. { $month }
when-date-short-year = { $day }. { $month } { $year }
when-monday = Montag
when-short-monday = Mo
when-tuesday = Dienstag
when-short-tuesday = Di
when-wednesday = Mittwoch
when-short-wednesday = Mi
when-thursday = Donnerstag
when-short-thursday = Do
when-friday = Freitag
when-short-friday = Fr
when-saturday = Samstag
when-short-saturday = Sa
when-sunday = Sonntag
when-short-sunday = So
when-month-1 = Januar
when-month-short-1 = Jan.
when-month-2 = Februar
when-month-short-2 = Feb.
when-month-3 = März
when-month-short-3 = März
when-month-4 = April
when-month-short-4 = Apr.
when-month-5 = Mai
when-month-short-5 = Mai
when-month-6 = Juni
when-month-short-6 = Juni
when-month-7 = Juli
when-month-short-7 = Juli
when-month-8 = August
when-month-short-8 = Aug.
when-month-9 = September
when-month-short-9 = Sept.
when-month-10 = Oktober
when-month-short-10 = Okt.
when-month-11 = November
when-month-short-11 = Nov.
when-month-12 = Dezember
when-month-short-12 = Dez.
