## Notifications, outside of the window
notice-letter = A letter has come.
notice-something = Something has come.
notice-request = Message request
notice-request-text = Somebody new wrote to you.
notice-many = { $count ->
    [one] 1 new letter
   *[other] { $count } new letters
}
notice-to = { $title } → { $account }

## Settings
settings-account-id = My Account ID
settings-change-name = Change your name
settings-path-live = built
settings-path-building = being built
settings-path-broken = broken
settings-recovery-hint = Write it down once
settings-on = On
settings-off = Off
settings-device-new = new
settings-clear = Clear data…
settings-foot = Onionskin { $version } · free software, GPL-3.0-or-later
settings-cancel = Cancel
settings-save = Save

## Your name
profile-title = Your name
profile-name = Name
profile-hint = People you write to see it with your next letter.
profile-saved = Your name is changed.
profile-empty = A name needs at least one letter.
profile-too-long = That is too long for a name. Shorten it a little.

## Recovery password
recovery-title = Recovery password
recovery-lead = These { $count } words open your account on any device. Whoever has them is you. Write them on paper and keep that paper well.
recovery-forms = Form of the words
recovery-form-13 = 13 words
recovery-form-12 = 12 words
recovery-form-13-note = Every Session app understands these.
recovery-form-25-note = This account has 25 words and no shorter form. Onionskin understands them; most Session apps do not yet.
recovery-form-12-note = The same secret as a BIP-39 phrase. Onionskin understands it; other Session apps do not.
recovery-show = Show the words
recovery-show-hint = Make sure nobody looks over your shoulder.
recovery-copy = Copy
recovery-copy-failed = The words could not be copied. Write them down.
recovery-cover = Cover
recovery-as-code = QR code
recovery-as-words = Words
recovery-code-label = QR code of the recovery password
recovery-code-note = Every Session app understands this code.
recovery-code-25-note = Onionskin understands this code; other Session apps do not.
recovery-copied = Copied. The clipboard is cleared after a minute.
recovery-copied-for = Copied. The clipboard is cleared in { $seconds } s.
recovery-copied-page = Copied. Empty the clipboard when you have pasted the words.
recovery-no-reset = There is no reset
recovery-no-reset-text = We cannot send these words to you. Without them, a lost device is a lost account.

## Appearance
appearance-title = Appearance
appearance-preview = Preview
appearance-preview-question = How does this look?
appearance-preview-answer = Like paper with the light behind it.
appearance-paper = Paper
appearance-classic = Classic
appearance-ocean = Ocean
appearance-light = light
appearance-dark = dark
appearance-follow = Follow the system
appearance-follow-hint = Light by day, dark by night
appearance-ink = Ink
appearance-ink-blue = Airmail blue
appearance-ink-green = Fern
appearance-ink-yellow = Straw
appearance-ink-pink = Peony
appearance-ink-purple = Carbon violet
appearance-ink-orange = Apricot
appearance-ink-red = Postbox
appearance-text-size = Text size
appearance-percent = { $percent } %
appearance-language = Language
appearance-language-system = As the system
appearance-language-given = This time the language was given at the start of the program. Your choice holds without it.
appearance-writing = Writing
appearance-enter = Enter sends
appearance-enter-on = Shift and Enter begin a new line
appearance-enter-off = Enter begins a new line, Ctrl and Enter send

## What notifications show
notifications-title = Notifications
notifications-content = What a notification shows
notifications-name-and-text = Name and text
notifications-name-and-text-hint = Who wrote, and what
notifications-name = Name only
notifications-name-hint = Who wrote, not what
notifications-nothing = Nothing
notifications-nothing-hint = Only that something has come
notifications-sample-name = Ines Duarte
notifications-sample-text = How does this look?
notifications-system = The system keeps what a notification shows for as long as it likes. Strangers are announced without name and text until you accept them.
notifications-show = Show one
notifications-absent = This window cannot show notifications. The choice holds where Onionskin can.

## Privacy
privacy-title = Privacy
privacy-who = Who sees what
privacy-lead = Nobody in the middle can read your letters. Some learn a little. This is all we know of.
privacy-device = This device
privacy-device-sees = Everything. Letters, names and keys lie encrypted on its disk. The passphrase, the system's key store or your file permissions protect their key.
privacy-recipient = The person you write to
privacy-recipient-sees = Your letter, your name, your Account ID and the time. Not your IP address. They can keep and show what you wrote.
privacy-entry = Entry node
privacy-entry-sees = Your IP address, and sizes and times of sealed requests. Not what you send or to whom.
privacy-relay = Relay
privacy-relay-sees = The two nodes beside it, sizes and times. Neither you nor the destination.
privacy-exit = Exit node
privacy-exit-sees = Which node the request is for, sizes and times. Not you, not the letter.
privacy-swarm = Nodes that keep letters
privacy-swarm-sees = Which Account ID is written to and whose mailbox is asked, with sizes and times. Not what is in a letter, not who sent it, not where you are. They keep it sealed for up to 14 days.
privacy-seed = Seed nodes
privacy-seed-sees = Your IP address and that you ask for the public list of nodes. Nothing of your account.
privacy-server = File and push servers
privacy-server-sees = Nothing. Onionskin does not use them yet.
privacy-system = Your operating system
privacy-system-sees = What notifications show, what you copy, and that Onionskin runs.
privacy-line = Your internet provider
privacy-line-sees = That you talk to nodes of this network, when, and how much.
privacy-other-network = You use the network “{ $name }”. Whoever runs its nodes may run all of them, and then sees what they see together. Use it for trying things out, not for secrets.
privacy-limits = Somebody who watches both ends of the path at once can compare times. Onion requests make that hard, not impossible.

## Blocked people
blocked-title = Blocked people
blocked-lead = What they send is dropped. They are not told.
blocked-note = Unblocking holds on all your devices. What they sent meanwhile does not come back.
blocked-none = You block nobody.
blocked-none-text = Whom you block is listed here, on all your devices.
blocked-unblock = Unblock
blocked-unblock-name = Unblock { $name }

## Path
path-title = Path
path-route = Your letters travel
path-live = Path is built
path-live-lead = Each stop takes one skin off the letter and learns only the next one. Nobody on the way knows both ends.
path-building = Finding a way
path-building-lead = Three nodes are being chosen. Your letters wait here and leave as soon as the path stands.
path-broken = No path stands
path-hop-building = Being sought.
path-hop-broken = Unknown until a path stands.
path-you = You
path-you-live = Your letter leaves in three skins.
path-you-waiting = Your letters wait here. Nothing is lost.
path-entry = Entry node
path-entry-knows = Knows your IP address, not what you send or to whom.
path-relay = Relay
path-relay-knows = Knows only the two nodes beside it.
path-exit = Exit node
path-exit-knows = Knows the destination, not you.
path-destination = Destination
path-destination-knows = A swarm that keeps the sealed letter for up to 14 days, until it is fetched.
path-destination-waiting = A swarm, once there is a way to it.
path-millis = { $millis } ms
path-trying = Trying
path-new = Build a new path
path-foot = The number is the last way there and back, over all stops.

## Network
network-title = Network
network-name = Name
network-from = Described by
network-from-command-line = the command line
network-from-file = a file you chose
network-from-program = the program
network-command-line-note = The command line goes first: what you choose here holds when Onionskin starts without it.
network-choose = Choose a network file
network-choose-note = A network file names the nodes to begin with. It holds from the next start. Your accounts stay, but people on another network cannot be reached.
network-chosen = “{ $name }” is understood. It holds from the next start.
network-built-in-chosen = The built-in network holds from the next start.
network-back = Back to the built-in network
network-wrong = This file describes no network. Nothing was changed.
network-wrong-field = The part “{ $field }” of this file is not right. Nothing was changed.
network-file-large = This file is too large. Nothing was changed.
network-file-unreadable = This file could not be read as text. Nothing was changed.
network-nodes = Node list
network-count = Nodes
network-count-of = { $count } known, { $usable } usable now
network-origin = Came from
network-origin-nothing = nowhere yet
network-origin-shipped = this program
network-origin-imported = a file you gave
network-origin-cached = an earlier run
network-origin-seed = a seed node
network-origin-nodes = several nodes that agree
network-origin-without-seeds = five nodes that agree, as no seed node answered for a day
network-date = Fetched
network-import = Import a node list
network-imported = { $count ->
    [one] One node was read. The list holds now.
   *[other] { $count } nodes were read. The list holds now.
}
network-import-wrong = This is no node list, or it holds too few nodes for a path. The list before stays.
network-save = Save the list
network-saved = Saved: { $path }
network-not-saved = The list could not be saved.
network-list-note = The list is public and names no account. It helps somebody who cannot reach a seed node.
network-swarm = Your swarm
network-swarm-ask = Ask which nodes keep my letters
network-swarm-asking = Asking
network-swarm-note = These nodes keep what is sent to you until you fetch it.
network-no-address = address unknown
network-troubles = What went wrong lately
network-no-troubles = Nothing since Onionskin was started.
network-during-polling = while fetching
network-during-sending = while sending
network-during-erasing = while erasing

## Accounts
accounts-title = Accounts
accounts-current = Active
accounts-create = Create another account
accounts-create-first = Create an account
accounts-examine = Look for damage
accounts-examine-hint = Reads every page of the active letter box
accounts-examine-whole = Every page of it opens.
accounts-restore = Bring an account here
accounts-note = All of them receive letters. They never share a path, so that nobody can tell that they are one person's.
accounts-remove = Remove { $name } from this device
accounts-remove-title = Remove { $name } from this device?
accounts-remove-text = The account itself lives on. With its recovery password you can bring it back here or elsewhere.
accounts-remove-go-on = Go on
accounts-remove-again-title = The letters are lost
accounts-remove-again-text = All letters, contacts and keys of { $name } are erased here. Without the recovery password nobody can open this account again, not even you. Did you write it down?
accounts-remove-yes = Erase here
accounts-keep = Keep it
accounts-removing = Removing { $name }.

## Devices
devices-title = Devices
devices-add = Add another device
devices-add-1 = Open Onionskin, or another Session app, on the other device.
devices-add-2 = Choose “I have an account” there.
devices-add-3 = Type your recovery password, or show its QR code to the other device.
devices-show = Show the recovery password
devices-add-note = Name, contacts and what you have read are then the same on both. Whoever sees the words or the code can do the same.
devices-seen = Seen
devices-last = Another device last acted
devices-never = never seen
devices-this = Changes made here
devices-unsent = wait to be sent
devices-all-sent = all sent
devices-seen-note = The network keeps no list of devices. Another one is seen only when it changes something: a name, a contact, what was read. One that only reads along is not seen, and two cannot be told apart.
devices-new = Another device uses your account
devices-new-text = It changed something: { $moment }.
devices-me = That was me
devices-not-me = It was not me
devices-stranger = If it was not you
devices-stranger-lead = Then somebody has your recovery password. It cannot be changed, and no device can be shut out.
devices-stranger-1 = Create another account. Keep its recovery password where nobody finds it.
devices-stranger-2 = Tell your contacts the new Account ID, best in person. What you write here can be read by whoever has the password.
devices-stranger-3 = Then clear this account, here and in the network.

## Lock
lock-title = Lock
lock-is-on = A passphrase protects this device's letters
lock-is-off = No passphrase is set
lock-by-passphrase = It is asked for at every start and after locking. The key leaves memory until then.
lock-by-system = The key store of the system keeps the key. Whoever is logged in as you can open Onionskin.
lock-by-files = Only the permissions of your files protect the key. Whoever reads your files can read your letters.
lock-by-given-key = Whoever started Onionskin handed it the key.
lock-now = Lock now
lock-now-hint = Ctrl and L do the same. No letters arrive while locked.
lock-change = Change the passphrase
lock-change-yes = Change it
lock-remove = Remove the passphrase
lock-remove-title = Remove the passphrase?
lock-remove-text = Onionskin opens without asking then. The system's key store protects the key where there is one, otherwise only the permissions of your files.
lock-remove-yes = Remove it
lock-removed = The passphrase is removed.
lock-changed = The passphrase is changed.
lock-set-title = Set a passphrase
lock-set = Set it
lock-set-done = The passphrase is set.
lock-busy = A moment
lock-new = New passphrase
lock-again = The same again
lock-hint = A few words that do not belong together are easy to keep and hard to guess.
lock-strength-short = This can be guessed by trying. A few more words help.
lock-strength-fair = Not bad. One more word makes it strong.
lock-strength-strong = Strong.
lock-wrong-short = At least { $least } characters, please.
lock-wrong-long = At most { $most } characters, please.
lock-wrong-different = The two are not the same.
lock-protects = It protects against somebody who has this device or its disk while Onionskin is locked or closed. It covers all accounts here. Nobody can reset it; with the recovery password you can begin anew.
lock-copies = The key of the letters stays the same when a passphrase is set or changed. Whoever copied your files while only their permissions protected them can still read the letters in that copy.
lock-renew = Encrypt everything anew
lock-renew-hint = With a new key, on this device. Onionskin closes meanwhile; long conversations take a while.
lock-renew-done = Everything is encrypted with a new key.
lock-renew-title = Encrypt everything anew?
lock-renew-text = All accounts of this device close and open again. It takes as long as writing all letters once, and as much room meanwhile.
lock-renew-yes = Encrypt everything anew
lock-protects-not = It does not protect against programs that run here while Onionskin is open.

## Clear data
clear-title = Clear data
clear-lead = There is no way back from here.
clear-device = Clear this device
clear-device-hint = Other devices keep theirs
clear-network = Clear this device and the network
clear-network-hint = Also what nodes keep for you
clear-note = Letters that others received stay with them.
clear-go-on = Go on
clear-keep = Keep everything
clear-device-title = Clear this device?
clear-device-text = Letters, contacts and keys of this account are erased here. Other devices keep theirs.
clear-network-title = Clear this device and the network?
clear-network-text = The nodes that keep letters for you are asked to delete them. What another device of yours has not fetched yet is lost with it. Then this device is cleared.
clear-again-title = Erase { $name } for good?
clear-device-again = You can come back only with your recovery password, and without the letters. If you did not write it down, the account is lost.
clear-network-again = From now on this device sends and fetches nothing for this account. You can come back only with your recovery password, and without the letters.
clear-device-yes = Clear this device
clear-network-yes = Clear both
clear-erasing = The nodes are being asked. This device still holds everything.
clear-removing = Clearing this device.
clear-left = Not every node confirmed
clear-left-text = This device still holds everything. Nodes that did not confirm may keep sealed letters until those expire.
clear-nodes = What the nodes said
clear-confirmed = deleted
clear-not-confirmed = no answer
clear-failed = No node confirmed
clear-failed-safe = This device still holds everything.
clear-go-on-using = Go on using this account
clear-silent = While this question is open, nothing is sent or fetched for this account.
clear-retry = Ask again
clear-anyway = Clear this device anyway
clear-anyway-title = Clear this device anyway?
clear-anyway-text = What the nodes still keep is sealed and expires by itself. Here everything of this account is erased, and only the recovery password brings you back.
clear-anyway-yes = Clear this device

## About
about-title = About Onionskin
about-version = Version { $version }
about-lead = A private messenger for the Session network. No phone number, no e-mail, nobody in the middle who can read along.
about-licence = Licence
about-licence-text = GNU General Public License, version 3 or later. You may use, study, share and change it.
about-source = Source code
about-source-text = Whoever gives you this program must give you its source code too, or tell you where it is.
about-others = The work of others
about-others-text = Onionskin stands on free libraries: Dioxus for the screen, SQLCipher for the ledger, the RustCrypto and dalek libraries for the locks, Tokio for patience. Each keeps its own licence, named in its source. Onionskin is not made by the makers of Session.
about-licence-open = Read the licence
about-licence-close = Close the licence
