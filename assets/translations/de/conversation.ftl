## Ein Gespräch
note-to-self = Notiz an mich
cancel = Abbrechen
copied = Kopiert.
conversation-with = Gespräch mit { $name }
conversation-open-settings = { $name }, über dieses Gespräch
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
composer-label = Nachricht
composer-send = Senden
composer-too-long = { $found } Zeichen. Eine Nachricht fasst { $limit }: Kürze sie oder schick sie in zwei Teilen.
control-accepted = Deine Anfrage wurde angenommen.
control-accepted-by-me = Du hast die Anfrage angenommen.
bubble-mine = Du, { $clock }
bubble-theirs = Um { $clock }
bubble-menu = Was mit der Nachricht von { $clock } getan werden kann
bubble-more = Weiterlesen
bubble-newer = Diese Art von Nachricht braucht eine neuere Version von Onionskin. Bis dahin bleibt sie hier aufbewahrt.
bubble-what-now = Was nun?
state-waiting = Wartet hier
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
menu-details = Einzelheiten
menu-delete = Für mich löschen
delete-title = Diese Nachricht hier löschen?
delete-mine = Sie verschwindet von diesem Gerät. Was angekommen ist, behält die andere Person.
delete-theirs = Sie verschwindet nur von diesem Gerät.
delete-really = Löschen

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
stage-stored = Hier gespeichert, wartet auf die Abreise
stage-retrying = Nächster Versuch um { $clock }
stage-sent = Gesendet

## Der Fuß
accept = Annehmen
decline = Ablehnen
block = Blockieren
unblock = Nicht mehr blockieren
foot-request-label = Nachrichtenanfrage
foot-request = { $name } steht noch nicht in deinen Gesprächen. Nimmst du an oder antwortest du, erfährt die Person davon. Ablehnen oder Blockieren erfährt niemand.
foot-waiting = { $name } hat noch nicht angenommen. Deine Briefe kommen als Anfrage an.
foot-blocked = Du hast { $name } blockiert. Nichts von dort kommt an.

## Die Person
person-title = Über dieses Gespräch
person-copy = Account-ID kopieren
person-block-hint = Nichts von dort kommt an. Die Person erfährt es nicht.
person-block-ask = { $name } blockieren?
person-block-what = Was gesagt wurde, bleibt. Was von jetzt an kommt, wird verworfen, und niemand erfährt es.
person-clear = Alle Nachrichten löschen
person-clear-hint = Nur auf diesem Gerät
person-clear-ask = Alle Nachrichten hier löschen?
person-clear-what = Sie verschwinden von diesem Gerät. Die andere Person behält ihre. Das lässt sich nicht rückgängig machen.
