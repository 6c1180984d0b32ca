## Eine Unterhaltung
note-to-self = Notiz an mich
copied = Kopiert.
conversation-with = Unterhaltung mit { $name }
conversation-menu = Was mit dieser Unterhaltung getan werden kann
conversation-open-settings = { $name }, über diese Unterhaltung
conversation-connecting = Sucht einen Weg
conversation-offline = Offline. Briefe warten hier und gehen von selbst ab.
conversation-empty = Noch keine Briefe. Solange du nicht schreibst, erfährt niemand, dass du hier warst.
conversation-empty-self = Briefe an dich selbst. Deine anderen Geräte bekommen sie auch.
conversation-new = { $count ->
    [0] Neue Nachrichten
    [one] 1 neue Nachricht
   *[other] { $count } neue Nachrichten
  }
conversation-newest = Zur neuesten Nachricht
conversation-newest-count = { $count ->
    [one] Zur neuesten Nachricht, eine neue
   *[other] Zur neuesten Nachricht, { $count } neue
  }
conversation-late = { $count ->
    [one] Eine Nachricht kam verspätet, weiter oben
   *[other] { $count } Nachrichten kamen verspätet, weiter oben
  }
composer-label = Nachricht
composer-send = Senden
composer-left = { $count ->
    [one] Noch 1 Zeichen
   *[other] Noch { $count } Zeichen
  }
composer-too-long = { $found } Zeichen. Ein Brief fasst { $limit }: Kürze ihn oder schick ihn in Teilen.
split-title = { $count ->
    [one] Das ist länger, als ein Brief sein darf
   *[other] Das ist länger, als ein Brief sein darf: { $count } Teile
  }
split-text = Nichts wird abgeschnitten. Es kann als mehrere Briefe gehen, einer nach dem anderen.
split-yes = In { $count } Teilen senden
split-no = Weiterschreiben
card-own = Deine eigene Account-ID
card-by-me = So nennst du diese Person
card-by = So nennt { $name } diese Person
card-themselves = Nennt sich selbst so
card-write = An { $name } schreiben
profile-known = Du kennst diese Person.
profile-compare = Jeder kann jeden nennen, wie er will. Vergleiche die Account-ID, bevor du etwas Privates schreibst.
day-line = { $day }, zu einem anderen Tag springen
day-jump = Zu einem Tag springen
day-label = Tag
day-go = Diesen Tag zeigen
day-wrong = Diesen Tag gibt es im Kalender nicht.
day-nothing = An diesem Tag und danach wurde nichts geschrieben.
emoji-search = Emoji suchen
emoji-groups = Gruppen von Emoji
emoji-lately = Zuletzt benutzt
emoji-found = { $count ->
    [one] 1 gefunden
   *[other] { $count } gefunden
  }
emoji-none = Kein Emoji heißt so.
emoji-faces = Gesichter
emoji-people = Menschen
emoji-nature = Tiere und Natur
emoji-food = Essen und Trinken
emoji-places = Reisen und Orte
emoji-occasions = Feste und Sport
emoji-things = Dinge
emoji-signs = Zeichen
emoji-flags = Flaggen
emoji-tone = Hautton
emoji-tone-kept = Hautton. Die letzte Wahl bleibt.
tone-none = Ohne Hautton
tone-light = Hell
tone-medium-light = Mittelhell
tone-medium = Mittel
tone-medium-dark = Mitteldunkel
tone-dark = Dunkel
composer-emoji = Emoji
composer-offer = Emoji für dieses Wort
control-timer = { $name }: Was ab jetzt von dort kommt, verschwindet { $time }.
control-timer-off = { $name }: Was ab jetzt von dort kommt, bleibt.
control-timer-by-me = Du: Was du ab jetzt schreibst, verschwindet { $time }.
control-timer-off-by-me = Du: Was du ab jetzt schreibst, bleibt.
ring-left = Noch { $time } zu sehen
follow = Folgen
follow-not = So lassen
follow-title = { $name } folgen?
follow-text = Was du schreibst, verschwindet dann { $time }, wie bei { $name }.
follow-text-off = Was du schreibst, bleibt dann, wie bei { $name }.
you = Du
quote-go = Zur beantworteten Nachricht von { $name }
quote-lost = Die zitierte Nachricht ist nicht auf diesem Gerät.
quote-let-go = Nicht zitieren
menu-answer = Antworten
react = Reagieren
react-more = Alle Emoji
react-too-many = Mehr als zwanzig Reaktionen in der Minute gehen nicht. Warte einen Moment.
reaction-label = { $name }, { $count }
reaction-who = Reaktionen
reaction-take-away = Tippen nimmt sie weg
control-call = { $name } hat um { $clock } angerufen. Anrufe kommen mit einer späteren Version.
control-saved = { $name } hat eine Datei von dir gespeichert.
bubble-group = Eine Einladung in eine Gruppe. Gruppen kommen mit einer späteren Version; bis dahin bleibt sie hier.
bubble-community = Eine Einladung in eine Community. Communitys kommen mit einer späteren Version; bis dahin bleibt sie hier.
state-read = Gelesen
typing = { $name } schreibt
control-accepted = Deine Anfrage wurde angenommen.
control-accepted-by-me = Du hast die Anfrage angenommen.
bubble-mine = Du, { $clock }
bubble-theirs = { $name }, { $clock }
bubble-menu = Was mit der Nachricht von { $clock } getan werden kann
bubble-more = Weiterlesen
bubble-less = Weniger zeigen
bubble-newer = Diese Art von Nachricht braucht eine neuere Version von Onionskin. Bis dahin bleibt sie hier aufbewahrt.
bubble-what-now = Was nun?
state-waiting = Wartet hier
state-accepted-by-few = Von { $accepted } von { $asked } Knoten angenommen. Das sind zu wenige, darum wird es wieder versucht.
state-sent = Gesendet
state-failed = Nicht gesendet
failure-rejected = Nicht gesendet. Das Netz hat es dreimal abgelehnt. Der Text ist hier sicher.
failure-expired = Nicht gesendet. Vierzehn Tage lang gab es kein Netz. Der Text ist hier sicher.
failure-too-large = Nicht gesendet. Für einen Brief ist es zu lang. Der Text ist hier sicher.
failure-not-allowed = Nicht gesendet. Du hast diese Person blockiert oder darfst hier nicht schreiben.
failure-clock = Nicht gesendet. Die Uhr dieses Geräts geht falsch. Stelle sie und sende noch einmal.
failure-other = Nicht gesendet. Der Text ist hier sicher.

## Was mit einer Nachricht getan werden kann
menu-title = Nachricht
menu-resend = Noch einmal senden
menu-copy = Text kopieren
menu-part = Text auswählen
menu-forward = Weiterleiten
menu-pick = Auswählen
part-label = Text der Nachricht
part-copy = Alles kopieren
pick-count = { $count } ausgewählt
pick-end = Auswahl beenden
pick-acts = Mit dem Ausgewählten
pick-copy = Kopieren
forward-what = { $count ->
    [one] Ein Brief
   *[other] { $count } Briefe
  }
forward-search = Personen suchen
forward-to = An wen
forward-nobody = Niemand heißt so.
forward-explained = Geht als dein eigener Brief weiter. Woher er kommt, wird nicht gesagt.
forward-send = { $count ->
    [0] Senden
   *[other] An { $count } senden
  }
forward-done = { $count ->
    [one] Weitergeleitet.
   *[other] An { $count } weitergeleitet.
  }
forward-ask = { $count ->
    [one] Einen Brief weiterleiten, der verschwindet?
   *[other] Briefe weiterleiten, die verschwinden?
  }
forward-ask-text = Wer das bekommt, behält es vielleicht länger, als es gewollt war.
menu-star = Stern
menu-unstar = Stern wegnehmen
bubble-starred = Mit Stern
starred-title = Briefe mit Stern
starred-none = Noch kein Brief hat einen Stern
starred-none-hint = Im Menü eines Briefs steht einer. Briefe mit Stern findest du hier wieder.
starred-explained = Sterne bleiben auf diesem Gerät. Was verschwindet, behalten sie nicht.
menu-details = Einzelheiten
menu-delete = Löschen…
delete-title = { $count ->
    [one] Diese Nachricht löschen?
   *[other] { $count } Nachrichten löschen?
  }
delete-where = Wo
delete-here-choice = Auf diesem Gerät
delete-here-hint = { $count ->
    [one] Deine anderen Geräte behalten sie
   *[other] Deine anderen Geräte behalten sie alle
  }
delete-mine-choice = Auf all meinen Geräten
delete-mine-hint = { $count ->
    [one] { $name } behält sie
   *[other] { $name } behält sie alle
  }
delete-theirs-hint = { $count ->
    [one] Andere Session-Apps von dir behalten sie vielleicht
   *[other] Andere Session-Apps von dir behalten sie vielleicht alle
  }
delete-notes-hint = { $count ->
    [one] Die Notiz ist überall weg
   *[other] Die Notizen sind überall weg
  }
delete-everyone-choice = Für alle
delete-everyone-hint = { $count ->
    [one] Auch die Geräte von { $name } werden darum gebeten. Vielleicht wurde sie schon gelesen, und andere Apps behalten sie vielleicht
   *[other] Auch die Geräte von { $name } werden darum gebeten. Vielleicht wurden sie schon gelesen, und andere Apps behalten sie vielleicht
  }
delete-here = Hier löschen
delete-mine = Auf all meinen Geräten löschen
delete-everyone = Für alle löschen
delete-done = { $count ->
    [one] Die Nachricht ist hier gelöscht.
   *[other] { $count } Nachrichten sind hier gelöscht.
  }
delete-done-mine = { $count ->
    [one] Die Nachricht ist auf deinen Geräten gelöscht.
   *[other] { $count } Nachrichten sind auf deinen Geräten gelöscht.
  }
delete-done-everyone = { $count ->
    [one] Die Nachricht verschwindet, die Geräte aller werden darum gebeten.
   *[other] { $count } Nachrichten verschwinden, die Geräte aller werden darum gebeten.
  }
bubble-deleted = Diese Nachricht wurde gelöscht.
bubble-deleted-by-me = Du hast diese Nachricht gelöscht.

## Einzelheiten einer Nachricht
details-title = Einzelheiten
details-sent = Geschrieben
details-stored = Hier gespeichert
details-arrived = Hier angekommen
details-from = Von
details-state = Wo sie ist
details-way = Ihr Weg
details-way-note = Jeder Knoten kennt nur seine Nachbarn. Der Ausgang kennt das Postfach der anderen Person, nicht dich.
details-accepted = Angenommen
details-accepted-of = von { $accepted } von { $asked } Knoten
details-entry = Eingangsknoten
details-relay = Zwischenknoten
details-exit = Ausgangsknoten
details-destination = Postfachknoten
details-latency = Hin und zurück
details-attempts = Versuche
milliseconds = { $count } ms
stage-stored = Wartet aufs Senden
stage-retrying = Nächster Versuch um { $clock }
stage-retrying-accepted = Von { $accepted } von { $asked } Knoten angenommen, nächster Versuch um { $clock }
stage-sent = Gesendet

## Der Fuß
accept = Annehmen
decline = Ablehnen
block = Blockieren
unblock = Freigeben
foot-request-label = Nachrichtenanfrage
foot-request = { $name } steht noch nicht in deinen Unterhaltungen. Nimmst du an oder antwortest du, erfährt die Person davon. Ablehnen oder Blockieren erfährt niemand.
foot-waiting = { $name } hat noch nicht angenommen. Deine Briefe kommen als Anfrage an.
foot-blocked = Du hast { $name } blockiert. Nichts von dort kommt an.

## Die Person
person-title = Über diese Unterhaltung
person-own-name = Nennt sich { $name }
person-copy = Account-ID kopieren
person-code = Code zeigen
person-code-label = Code der Account-ID von { $name }
hand-out = Meine Account-ID senden
hand-out-ask = Deine Account-ID an { $name } senden?
hand-out-text = Als Karte mit deinem Namen. Sie kann weitergegeben werden, damit auch andere dir schreiben können.
hand-out-done = Deine Account-ID ist gesendet.
person-no-nickname = Keiner. Nur deine eigenen Geräte würden ihn kennen.
person-no-note = Keine. Nur dieses Gerät würde sie kennen.
person-not-told = Von dem, was du hier tust, erfährt die Person nichts.
person-timer = Verschwindende Nachrichten
person-timer-sent = { $time } nach dem Senden
person-timer-read = { $time } nach dem Lesen
timer-lead = Was du hier ab jetzt schreibst, verschwindet auf allen Geräten von euch beiden. Was die andere Person schreibt, verschwindet, wie sie es wählt; sie erfährt es und kann folgen. Ein Foto des Bildschirms bleibt möglich.
timer-lead-self = Notizen, die du ab jetzt schreibst, verschwinden auf allen deinen Geräten.
timer-when = Ab wann läuft die Zeit?
timer-off = Aus
timer-read = Nach dem Lesen
timer-read-hint = Jeder Brief, sobald er gelesen ist
timer-sent = Nach dem Senden
timer-sent-hint = Jeder Brief, gelesen oder nicht
timer-long = Wie lange?
timer-set = Festlegen
timer-weeks = { $count ->
    [one] 1 Woche
   *[other] { $count } Wochen
  }
timer-days = { $count ->
    [one] 1 Tag
   *[other] { $count } Tage
  }
timer-hours = { $count ->
    [one] 1 Stunde
   *[other] { $count } Stunden
  }
timer-minutes = { $count ->
    [one] 1 Minute
   *[other] { $count } Minuten
  }
timer-seconds = { $count ->
    [one] 1 Sekunde
   *[other] { $count } Sekunden
  }

## Ein Spitzname, eine Notiz
nickname-title = Spitzname
nickname-hint = Nur du siehst ihn, auf all deinen Geräten.
nickname-hint-named = Nur du siehst ihn, auf all deinen Geräten. Die Person nennt sich { $name }.
nickname-remove = Spitznamen entfernen
note-title = Private Notiz
note-hint = Nur auf diesem Gerät. Sie wird nirgendwohin gesendet, auch nicht an deine anderen Geräte.
note-remove = Notiz löschen
note-too-long = { $found } Zeichen. Eine Notiz fasst { $most }: Kürze sie ein wenig.
names-saved = Gespeichert.

## Was mit einer Unterhaltung getan werden kann
people-pin = Anheften
people-unpin = Lösen
people-mark-unread = Als ungelesen markieren
people-mark-read = Als gelesen markieren
people-marked-unread = Als ungelesen markiert.
people-hide = Diese Unterhaltung ausblenden
people-hide-hint = Gelöscht wird nichts. Du findest sie unter „Neue Unterhaltung“.
people-hidden = Ausgeblendet. Deine Notizen findest du unter „Neue Unterhaltung“.
people-show = Wieder in der Liste zeigen
people-clear = Alle Nachrichten löschen …
people-clear-hint = Nur auf diesem Gerät
people-clear-ask = Alle Nachrichten hier löschen?
people-clear-here = Alle Nachrichten dieser Unterhaltung verschwinden.
people-clear-devices = Sie behalten ihre.
people-clear-them = Behält, was angekommen ist.
people-clear-yes = Alle Nachrichten löschen
people-cleared = Die Nachrichten sind hier gelöscht.
people-block = Blockieren …
people-block-hint = Nichts von dort kommt an. Die Person erfährt es nicht.
people-unblock-hint = Was von dort kommt, kommt wieder an, auf all deinen Geräten.
people-block-ask = { $name } blockieren?
people-block-here = Was von jetzt an kommt, wird verworfen. Was gesagt wurde, bleibt.
people-block-them = Erfährt es nicht.
people-blocked = Blockiert. Nichts von dort kommt an.
people-unblocked = Freigegeben.
people-declined = Die Anfrage ist abgelehnt.
people-delete = Unterhaltung löschen …
people-delete-hint = Auf all deinen Geräten. Der Kontakt bleibt.
people-delete-ask = Unterhaltung mit { $name } löschen?
people-delete-here = Alle Nachrichten verschwinden, und die Unterhaltung verlässt die Liste. Der Kontakt bleibt, mit Spitzname und Notiz.
people-delete-them = Behält, was angekommen ist, und erfährt es nicht. Ein neuer Brief bringt die Unterhaltung zurück.
people-delete-yes = Unterhaltung löschen
people-deleted = Die Unterhaltung ist gelöscht.
people-contact = Kontakt löschen …
people-contact-hint = Auf all deinen Geräten, mit der Unterhaltung
people-contact-ask = { $name } aus deinen Kontakten löschen?
people-contact-here = Alle Nachrichten, der Name, dein Spitzname und deine Notiz verschwinden, und dass du die Person angenommen hast.
people-contact-them = Behält, was angekommen ist, und erfährt es nicht. Der nächste Brief von dort ist eine Nachrichtenanfrage.
people-contact-yes = Kontakt löschen
people-contact-deleted = Der Kontakt ist gelöscht.
people-here = Dieses Gerät
people-devices = Deine anderen Geräte
people-same = Dasselbe, sobald sie es abholen.
people-can-undo = Du kannst das jederzeit zurücknehmen.
people-cannot-undo = Das lässt sich nicht rückgängig machen.
mute-title = { $name } stumm schalten
mute-item = Stumm schalten …
mute-item-hint = Briefe kommen weiter, ohne einen Ton
mute-long = Wie lange
mute-for-1h = 1 Stunde
mute-for-2h = 2 Stunden
mute-for-1d = 1 Tag
mute-for-1w = 1 Woche
mute-for-forever = Für immer
mute-until = bis { $moment }
mute-until-changed = bis du es änderst
mute-yes = Stumm bis { $moment }
mute-yes-forever = Für immer stumm
mute-lead = Briefe kommen weiter an. Deine Geräte bleiben still, und niemand erfährt es.
mute-off = Wieder läuten lassen
mute-off-said = Es läutet wieder
mute-said = Stumm geschaltet
mute-state-until = Stumm bis { $moment }
mute-state-forever = Für immer stumm
unanswered-soon = Seit deinem Brief kam nichts von { $name }. Das Netz bewahrt ihn bis { $moment } auf.
unanswered-over = Seit deinem Brief kam nichts von { $name }. Das Netz bewahrte ihn bis { $moment } auf.
unanswered-again = Noch einmal senden
unanswered-sent = Er geht noch einmal weg und wartet dort dann 14 Tage
