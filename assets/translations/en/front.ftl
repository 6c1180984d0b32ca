## First run
landing-title = Letters on thin, strong paper.
landing-lead = Private messages, folded into three skins. Only the person you write to can open them.
landing-create = Create account
landing-restore = I have an account
landing-sample = A sample conversation: no phone number is needed, only a name you choose and a key that stays with you. Nobody else can read the letters.
landing-sample-phone = Do I need your phone number?
landing-sample-key = No. Only this: a name you choose, and a key that stays with you.
landing-sample-who = And who can read it?
landing-sample-sealed = You can. And I can. The post only sees a sealed letter.
protection-title = Who may open this device's letters?
protection-lead = This system has no key store that Onionskin could use. Choose a passphrase, or rely on the permissions of your files alone.
protection-hint = You type it each time Onionskin starts. Nobody can reset it.
protection-passphrase = Use this passphrase
protection-files = Rely on file permissions only
create-title = What should people call you?
create-lead = A first name, a nickname, anything. People you write to will see it. You can change it whenever you like.
create-name = Your name
create-hint = No e-mail, no phone number. We have no list of names.
create-busy = Making your key
name-empty = Type a name. One letter is enough.
name-too-long = This name is too long by { $over ->
        [one] one byte
       *[other] { $over } bytes
    }: it takes { $found } of { $most }. Plain letters take one, accents two, emoji four or more.

## Restore
restore-title = I have an account
restore-lead = Type your recovery password: thirteen words, in some accounts twenty-five. The twelve words that Onionskin also shows work too.
restore-words = Recovery password
restore-hint = Whoever has these words is you. Type them where nobody looks over your shoulder.
restore-picture = Read a picture of the code
restore-look = See which account it is
restore-empty = Type the words first.
restore-too-few = { $found ->
        [one] This is one word.
       *[other] These are { $found } words.
    } A recovery password has { $all } or { $long }, or { $short } in its other form. Some are missing.
restore-too-many = These are { $found } words. A recovery password has { $all } or { $long }, or { $short } in its other form. Look for words that stand there twice.
restore-between = These are { $found } words. A recovery password has { $all } or { $long }, or { $short } in its other form. Some are missing, or stand there twice. Compare them with your note.
restore-unknown = “{ $word }”, word { $place }, is not one of the words.
restore-unknown-meant = “{ $word }”, word { $place }, is not one of the words. Did you mean “{ $meant }”?
restore-last-missing = The last word is missing. This recovery password has { $all }; the last one checks the others.
restore-checksum = All words exist, but they do not belong together. One is wrong, or two are swapped. Compare them with your note.
restore-not-a-code = There is a code in this picture, but it is no recovery password.
restore-is-it-you = Is this you?
restore-is-it-you-lead = The words lead to this Account ID. Nothing was opened yet.
restore-comes-back = Your name, contacts and blocked people come back by themselves, as far as the network keeps them. Letters of the last 14 days too.
restore-now = Restore this account
restore-busy = Restoring
restore-other = These are not my words
restore-here = This account is on this device already. Nothing was changed.
restore-taken = This account is on this device already, or another Onionskin has it open. Nothing was changed.
restore-open-here = Open it

## Home
home-title = Conversations
home-pinned = Pinned conversations
home-new = New conversation
home-settings-built = Settings. The path stands
home-settings-building = Settings. A path is being built
home-settings-broken = Settings. There is no path
home-offline = You are offline. Write on. Letters leave by themselves when you are back.
home-nothing-open = Choose a conversation.
home-empty-title = No letters yet
home-empty-text = Give someone your Account ID, or enter theirs. Nobody can look you up by name or number.
home-empty-show = Show my Account ID
home-empty-enter = Enter an Account ID
row-pinned = Pinned
row-blocked = Blocked
row-failed = Not sent. Open to try again.
row-draft = Draft
row-nothing = Nothing written yet
row-waiting = Waiting to be sent
row-sent = Sent
row-not-sent = Not sent
row-accepted-mine = You accepted the request
row-accepted-theirs = Accepted your request
row-you = You: { $text }
row-newer = A letter in a newer format
row-marked-unread = marked as unread
row-menu = What can be done with { $name }
row-unread = { $count ->
        [one] one unread
       *[other] { $count } unread
    }

## Message requests
requests-title = Message requests
requests-banner = { $count ->
        [one] One person you do not know yet
       *[other] { $count } people you do not know yet
    }
requests-explained = You do not know these people yet. Opening one answers nothing; they hear of you only when you accept.
requests-answer = Answer { $name }
requests-accept = Accept
requests-decline = Decline
requests-block = Block
requests-empty-title = Nobody waits
requests-empty-text = When somebody you do not know writes to you, their letter waits here until you decide.

## Search
search = Search
search-hint = Names and words
search-clear = Clear
search-explained = Type a name, or words of a letter. The search stays on this device.
search-people = Conversations
search-messages = Letters
search-you = You:
search-more = Show more
search-here-only = Searched on this device only.
search-nothing = Nothing says “{ $text }”
search-nothing-hint = Try fewer letters. What was deleted cannot be found.
search-nothing-yet = Older letters are still being prepared for the search. It looks again by itself.
search-filling = The search is being prepared anew: { $percent } % of the letters can be found, the newest first.

## New conversation
new-title = New conversation
new-account = Account ID
new-hint = Ask for it in person, or by another way you trust. It starts with 05.
new-next = Next
new-picture = Read a picture of their code
new-picture-other = There is a code in this picture, but it is no Account ID.
new-note-hint = Letters to yourself, on all your devices
new-show-mine = Show my Account ID
new-contacts = Contacts
new-own = That is your own Account ID. These are your notes.
new-wrong-empty = Paste an Account ID first.
new-wrong-none = There is no Account ID in this text. It has 66 characters and starts with 05.
new-wrong-several = There are several Account IDs in this text. Leave only one.
new-wrong-length = An Account ID has { $all } characters. { $found ->
        [one] This is one.
       *[other] These are { $found }.
    }
new-wrong-character = Character { $place } is “{ $letter }”. An Account ID has only the digits 0 to 9 and the letters a to f.
new-wrong-group = This is the ID of a group. Somebody in it has to invite you.
new-wrong-blinded = This ID belongs to somebody in a community, who keeps the Account ID to themselves. Ask them for it.
new-wrong-community = This is the address of a community, not of a person.
new-wrong-kind = This is no Account ID. It has to start with 05.
new-wrong-key = Nobody can have this Account ID. Ask for it again.

## My Account ID
account-id-title = My Account ID
account-id-label = Account ID { $id }
account-id-code = Code of my Account ID
account-id-copy = Copy
account-id-save = Save the picture
account-id-saved = Saved as { $place }
account-id-not-saved = The picture could not be saved. Make room on the disk, or copy the Account ID instead.
account-id-explained = Anyone who has this can write to you. It says nothing else about you.

## An account that comes back
restoring-title = Your account is coming back
restoring-done = Your account is here
restoring-lead = What the network keeps for you comes in, part by part. You can use Onionskin meanwhile.
restoring-offline = There is no network now. It will continue by itself when you are back. You can use Onionskin meanwhile.
restoring-offline-short = No network. It will continue by itself.
restoring-done-text = Everything that the network keeps for you is here.
restoring-count = { $here } of { $all } parts are settled
restoring-parts = Parts of your account
restoring-profile = Name and profile
restoring-profile-named = Name and profile: { $name }
restoring-contacts = Contacts and blocked people
restoring-groups = Groups and communities
restoring-read = What you have read
restoring-here = here
restoring-absent = nothing kept
restoring-partial = partly here
restoring-not-understood = this version cannot read it
restoring-waiting = waiting
restoring-letters = Letters of the last 14 days come once your profile and contacts are settled, or after some minutes without them. Older ones are only on your other devices.
restoring-name = What should people call you?
restoring-name-waiting = Your name has not come in yet. If it still does, it is taken.
restoring-name-none = No name was found for this account.
archive-title = Archive
archive-in = Archive
archive-out = Take out of the archive
archive-done = In the archive now
archive-undone = Back in the list
archive-count = { $count ->
        [one] One conversation
       *[other] { $count } conversations
    }
archive-unread = { $count ->
        [one] One conversation, with unread letters
       *[other] { $count } conversations, some with unread letters
    }
archive-empty = The archive is empty
archive-note = A new letter brings a conversation back, unless it is muted. The archive is on this device only.
row-muted = Muted
requests-clear = Clear all…
requests-clear-ask = Decline all requests?
requests-clear-here = Every request goes, with its letters.
requests-clear-who = They
requests-clear-yes = Decline all
requests-cleared = All requests declined
requests-more = { $count ->
        [one] One more within an hour
       *[other] { $count } more within an hour
    }
requests-more-hint = Collected under one line, none is lost. Somebody may be flooding you.
requests-flood = More requests
