## A conversation
note-to-self = Note to Self
copied = Copied.
conversation-with = Conversation with { $name }
conversation-menu = What can be done with this conversation
conversation-open-settings = { $name }, about this conversation
conversation-connecting = Looking for a path
conversation-offline = Offline. Letters wait here and leave by themselves.
conversation-empty = No letters yet. Until you write, nobody learns that you were here.
conversation-empty-self = Letters to yourself. Your other devices get them too.
conversation-new = { $count ->
    [0] New messages
    [one] 1 new message
   *[other] { $count } new messages
  }
conversation-newest = To the newest message
conversation-newest-count = { $count ->
    [one] To the newest message, one new
   *[other] To the newest message, { $count } new
  }
conversation-late = { $count ->
    [one] A message came late, further up
   *[other] { $count } messages came late, further up
  }
composer-label = Message
composer-send = Send
composer-left = { $count ->
    [one] 1 character left
   *[other] { $count } characters left
  }
composer-too-long = { $found } characters. One letter holds { $limit }: shorten it, or send it in parts.
split-title = { $count ->
    [one] This is longer than one letter may be
   *[other] This is longer than one letter may be: { $count } parts
  }
split-text = Nothing is cut. It can go as several letters, one after the other.
split-yes = Send in { $count } parts
split-no = Keep writing
card-own = Your own Account ID
card-by-me = You call them so
card-by = { $name } calls them so
card-themselves = They call themselves so
card-write = Write to { $name }
profile-known = You know them.
profile-compare = Anybody can call anybody by any name. Compare the Account ID before you write something private.
day-line = { $day }, jump to another day
day-jump = Jump to a date
day-label = Day
day-go = Show this day
day-wrong = This is no day of the calendar.
day-nothing = Nothing was said on that day or after it.
emoji-search = Search emoji
emoji-groups = Groups of emoji
emoji-lately = Used lately
emoji-found = { $count ->
    [one] 1 found
   *[other] { $count } found
  }
emoji-none = No emoji is called so.
emoji-faces = Faces
emoji-people = People
emoji-nature = Animals and nature
emoji-food = Food and drink
emoji-places = Travel and places
emoji-occasions = Occasions and sport
emoji-things = Things
emoji-signs = Signs
emoji-flags = Flags
emoji-tone = Skin tone
emoji-tone-kept = Skin tone. The last choice is kept.
tone-none = No skin tone
tone-light = Light
tone-medium-light = Medium light
tone-medium = Medium
tone-medium-dark = Medium dark
tone-dark = Dark
composer-emoji = Emoji
composer-offer = Emoji for this word
control-timer = { $name }: what they write from now on vanishes { $time }.
control-timer-off = { $name }: what they write from now on stays.
control-timer-by-me = You: what you write from now on vanishes { $time }.
control-timer-off-by-me = You: what you write from now on stays.
ring-left = Vanishes in { $time }
follow = Follow
follow-not = Keep mine
follow-title = Follow { $name }?
follow-text = What you write will vanish { $time }, as what { $name } writes does.
follow-text-off = What you write will stay, as what { $name } writes does.
you = You
quote-go = To the message of { $name } that is answered
quote-lost = The quoted message is not on this device.
quote-let-go = Do not quote
menu-answer = Reply
react = React
react-more = All emoji
react-too-many = Twenty reactions a minute are the most. Wait a moment.
reaction-label = { $name }, { $count }
reaction-who = Reactions
reaction-take-away = Tap to take it away
control-call = { $name } called, { $clock }. Calls come with a later version.
control-saved = { $name } saved a file of yours.
bubble-group = An invitation to a group. Groups come with a later version; it is kept here until then.
bubble-community = An invitation to a community. Communities come with a later version; it is kept here until then.
state-read = Read
typing = { $name } is typing
control-accepted = Your message request was accepted.
control-accepted-by-me = You accepted the message request.
bubble-mine = You, { $clock }
bubble-theirs = { $name }, { $clock }
bubble-menu = What can be done with the message of { $clock }
bubble-more = Read more
bubble-less = Read less
bubble-newer = This kind of message needs a newer version of Onionskin. It is kept here until then.
bubble-what-now = What now?
state-waiting = Waits here
state-accepted-by-few = Accepted by { $accepted } of { $asked } nodes. That is too few, so it is tried again.
state-sent = Sent
state-failed = Not sent
failure-rejected = Not sent. The network refused it three times. The text is safe here.
failure-expired = Not sent. For fourteen days there was no network. The text is safe here.
failure-too-large = Not sent. It is too long for one letter. The text is safe here.
failure-not-allowed = Not sent. You blocked this person, or may not write here.
failure-clock = Not sent. The clock of this device is wrong. Set it and send again.
failure-other = Not sent. The text is safe here.

## What can be done with a message
menu-title = Message
menu-resend = Send again
menu-copy = Copy text
menu-part = Select text
menu-forward = Forward
menu-pick = Select
part-label = Text of the message
part-copy = Copy all of it
pick-count = { $count } selected
pick-end = Stop selecting
pick-acts = With what is selected
pick-copy = Copy
forward-what = { $count ->
    [one] One letter
   *[other] { $count } letters
  }
forward-search = Search people
forward-to = To whom
forward-nobody = Nobody is called so.
forward-explained = Forwarded as your own letter. Where it came from is not said.
forward-send = { $count ->
    [0] Send
   *[other] Send to { $count }
  }
forward-done = { $count ->
    [one] Forwarded.
   *[other] Forwarded to { $count }.
  }
forward-ask = { $count ->
    [one] Forward a letter that disappears?
   *[other] Forward letters that disappear?
  }
forward-ask-text = Whoever gets this may keep it for longer than its sender wanted.
menu-star = Star
menu-unstar = Take the star away
bubble-starred = Starred
starred-title = Starred letters
starred-none = No letter has a star yet
starred-none-hint = The menu of a letter has one. Starred letters are found here again.
starred-explained = Stars stay on this device. They keep no letter that disappears.
menu-details = Details
menu-delete = Delete…
delete-title = { $count ->
    [one] Delete this message?
   *[other] Delete { $count } messages?
  }
delete-where = From where
delete-here-choice = On this device
delete-here-hint = { $count ->
    [one] Your other devices keep it
   *[other] Your other devices keep them
  }
delete-mine-choice = On all my devices
delete-mine-hint = { $count ->
    [one] { $name } keeps it
   *[other] { $name } keeps them
  }
delete-theirs-hint = { $count ->
    [one] Other Session apps of yours may keep it
   *[other] Other Session apps of yours may keep them
  }
delete-notes-hint = { $count ->
    [one] The note is gone everywhere
   *[other] The notes are gone everywhere
  }
delete-everyone-choice = For everyone
delete-everyone-hint = { $count ->
    [one] Asked of the devices of { $name } too. Somebody may have read it already, and other apps may keep it
   *[other] Asked of the devices of { $name } too. Somebody may have read them already, and other apps may keep them
  }
delete-here = Delete here
delete-mine = Delete on all my devices
delete-everyone = Delete for everyone
delete-done = { $count ->
    [one] The message is deleted here.
   *[other] { $count } messages are deleted here.
  }
delete-done-mine = { $count ->
    [one] The message is deleted on your devices.
   *[other] { $count } messages are deleted on your devices.
  }
delete-done-everyone = { $count ->
    [one] The message goes, and everyone's devices are asked.
   *[other] { $count } messages go, and everyone's devices are asked.
  }
bubble-deleted = This message was deleted.
bubble-deleted-by-me = You deleted this message.

## Details of a message
details-title = Details
details-sent = Written
details-stored = Stored here
details-arrived = Arrived here
details-from = From
details-state = Where it is
details-way = The way it took
details-way-note = Each node knows only its neighbours. The exit knows the recipient's mailbox, not you.
details-accepted = Accepted
details-accepted-of = by { $accepted } of { $asked } nodes
details-entry = Entry node
details-relay = Relay
details-exit = Exit node
details-destination = Mailbox node
details-latency = There and back
details-attempts = Attempts
milliseconds = { $count } ms
stage-stored = Waiting to be sent
stage-retrying = Tried again at { $clock }
stage-retrying-accepted = Accepted by { $accepted } of { $asked } nodes, tried again at { $clock }
stage-sent = Sent

## The foot
accept = Accept
decline = Decline
block = Block
unblock = Unblock
foot-request-label = Message request
foot-request = { $name } is not in your conversations yet. If you accept or answer, they learn that you did. Declining or blocking tells nobody.
foot-waiting = { $name } has not accepted yet. Your letters arrive as a request.
foot-blocked = You blocked { $name }. Nothing they send comes in.

## The person
person-title = About this conversation
person-own-name = Calls themselves { $name }
person-copy = Copy Account ID
person-code = Show the code
person-code-label = Code of the Account ID of { $name }
hand-out = Send my Account ID
hand-out-ask = Send your Account ID to { $name }?
hand-out-text = As a card with your name. They can hand it on, so that others can write to you.
hand-out-done = Your Account ID is sent.
person-no-nickname = None. Only your own devices would know it.
person-no-note = None. Only this device would know it.
person-not-told = They are told nothing of what you do here.
person-timer = Disappearing messages
person-timer-sent = { $time } after sending
person-timer-read = { $time } after reading
timer-lead = What you write here from now on vanishes on every device of both of you. What they write vanishes as they choose; they are told, and may follow. Somebody can still take a photo of the screen.
timer-lead-self = Notes that you write from now on vanish on all your devices.
timer-when = When does the clock start?
timer-off = Off
timer-read = After reading
timer-read-hint = Each letter, from the moment it is read
timer-sent = After sending
timer-sent-hint = Each letter, read or not
timer-long = How long?
timer-set = Set
timer-weeks = { $count ->
    [one] 1 week
   *[other] { $count } weeks
  }
timer-days = { $count ->
    [one] 1 day
   *[other] { $count } days
  }
timer-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
  }
timer-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
  }
timer-seconds = { $count ->
    [one] 1 second
   *[other] { $count } seconds
  }

## A nickname, a note
nickname-title = Nickname
nickname-hint = Only you see it, on all your devices.
nickname-hint-named = Only you see it, on all your devices. They call themselves { $name }.
nickname-remove = Take the nickname away
note-title = Private note
note-hint = Only on this device. It is not sent anywhere, not even to your other devices.
note-remove = Delete the note
note-too-long = { $found } characters. A note holds { $most }: shorten it a little.
names-saved = Saved.

## What can be done with a conversation
people-pin = Pin
people-unpin = Unpin
people-mark-unread = Mark unread
people-mark-read = Mark read
people-marked-unread = Marked as unread.
people-hide = Hide this conversation
people-hide-hint = Nothing is deleted. You find it under “New conversation”.
people-hidden = Hidden. You find your notes under “New conversation”.
people-show = Show in the list again
people-clear = Delete all messages…
people-clear-hint = On this device only
people-clear-ask = Delete all messages here?
people-clear-here = All messages of this conversation go.
people-clear-devices = They keep theirs.
people-clear-them = Keeps what arrived.
people-clear-yes = Delete all messages
people-cleared = The messages are deleted here.
people-block = Block…
people-block-hint = Nothing they send comes in. They are not told.
people-unblock-hint = What they send comes in again, on all your devices.
people-block-ask = Block { $name }?
people-block-here = What they send from now on is dropped. What was said stays.
people-block-them = Is not told.
people-blocked = Blocked. Nothing they send comes in.
people-unblocked = No longer blocked.
people-declined = The request is declined.
people-delete = Delete conversation…
people-delete-hint = On all your devices. They stay a contact.
people-delete-ask = Delete the conversation with { $name }?
people-delete-here = All messages go, and the conversation leaves the list. They stay a contact, with nickname and note.
people-delete-them = Keeps what arrived and is not told. A new letter brings the conversation back.
people-delete-yes = Delete conversation
people-deleted = The conversation is deleted.
people-contact = Delete contact…
people-contact-hint = On all your devices, with the conversation
people-contact-ask = Delete { $name } from your contacts?
people-contact-here = All messages, the name, your nickname and your note go, and that you accepted them.
people-contact-them = Keeps what arrived and is not told. Their next letter is a message request.
people-contact-yes = Delete contact
people-contact-deleted = The contact is deleted.
people-here = This device
people-devices = Your other devices
people-same = The same, as soon as they fetch it.
people-can-undo = You can unblock them whenever you like.
people-cannot-undo = This cannot be undone.
mute-title = Mute { $name }
mute-item = Mute…
mute-item-hint = Letters still come, without a sound
mute-long = How long
mute-for-1h = 1 hour
mute-for-2h = 2 hours
mute-for-1d = 1 day
mute-for-1w = 1 week
mute-for-forever = For ever
mute-until = until { $moment }
mute-until-changed = until you change it
mute-yes = Mute until { $moment }
mute-yes-forever = Mute for ever
mute-lead = Letters still arrive. Your devices stay quiet, and nobody is told.
mute-off = Let it ring again
mute-off-said = It rings again
mute-said = Muted
mute-state-until = Muted until { $moment }
mute-state-forever = Muted for ever
unanswered-soon = Nothing has come from { $name } since your letter. The network keeps it until { $moment }.
unanswered-over = Nothing has come from { $name } since your letter. The network kept it until { $moment }.
unanswered-again = Send again
unanswered-sent = It goes once more, and then waits 14 days there
