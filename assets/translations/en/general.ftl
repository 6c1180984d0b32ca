## Everywhere
back = Back
close = Close
undo = Undo
continue = Continue
try-again = Try again
opening = Opening
settings = Settings
passphrase = Passphrase
field-show = Show what you type
field-cover = Cover what you type
copy-failed = It could not be copied. Select the text and copy it yourself.

## Pictures with a code
picture-hint = You can also drop the picture here or paste it. It is read on this device and not kept.
picture-too-large = This picture is too large. Cut it down to the code and try again.
picture-unreadable = This file cannot be read. Use a picture as PNG, JPEG or WebP.
picture-no-code = There is no code in this picture, or it is too blurred. Take one where the code is large and sharp.

## Locked, or in trouble
unlock-title = Locked
unlock-lead = Type your passphrase. Until then nobody can read what is here, not even Onionskin.
unlock = Unlock
unlock-busy = Opening
unlock-empty = Type the passphrase.
trouble-title = The letter box does not open.
trouble-taken = Onionskin is open already, or the key store of the system is locked. Close the other one or unlock the key store. Then try again.
trouble-safe = Nothing was deleted.

## Accounts that do not open
closed-section = { $name } could not be opened
closed-one = An account could not be opened
closed-several = { $count } accounts could not be opened
closed-line = Nothing was deleted. See what can be done
closed-unknown = No name
closed-why = Could not be opened. { $reason }
closed-twice = It lies here a second time; the other one is used.
closed-silent = The disk does not answer.
closed-damaged = The data is damaged.
closed-safe = Nothing was deleted.
closed-inside = { $name } is damaged inside
closed-inside-why = Some pages of it do not open any more. What lies on them cannot be shown.
closed-ways = Ways out
closed-words = Type the recovery password
closed-words-hint = Opens a fresh letter box. The old one is kept beside it
closed-again = Try once more
closed-again-hint = Helps when the files are back in their place
closed-still = It still does not open. { $reason }
closed-opened = It opens again.
closed-rescue = Rescue what can be read
closed-rescue-hint = Into a new letter box. The old one is not changed
closed-files = Keep the sealed files
closed-files-hint = Copy the path of their folder: { $path }
closed-keep-hint = As one file, where you like, { $size }. They stay here too
closed-kept = The sealed files are kept as { $place }
closed-not-kept = The sealed files could not be saved. They are still here. Make room on the disk, or choose another place.
closed-aside = Put it aside
closed-aside-hint = The files stay. Onionskin does not try to open them any more
closed-remove = Remove this account here…
closed-remove-title = Remove it from this device?
closed-remove-text = Its files are erased, with all that could still be read in them. Without the recovery password nobody can open this account again, not even you.
closed-remove-old-text = The old files are erased, with all that could still be read in them. What is in the new letter box stays.
closed-remove-yes = Erase here
closed-old-section = Old files of { $name }
closed-old = Old files, put aside. They take { $size }.
closed-back = Try to open them again
closed-back-hint = Only one of two letter boxes of an account is used
closed-remove-old = Erase the old files…
size-kilobytes = { $count } kB
size-megabytes = { $count } MB

## Rescue
rescue-title = Rescue letters
rescue-none = No rescue is under way.
rescue-lead = The letter box of { $name } is damaged. Onionskin reads it piece by piece into a new one. The old one is not changed.
rescue-letters = Letters
rescue-people = People
rescue-conversations = Conversations
rescue-waiting = Waiting to be sent
rescue-others = Settings and the rest
rescue-keys = Keys
rescue-keys-hint = Without them the recovery password is needed
rescue-keys-found = found
rescue-keys-sought = sought
rescue-read = Read
rescue-far = { $percent } per cent. You can leave this screen.
rescue-stop = Stop
rescue-under-way = { $name } is being rescued
rescue-has-ended = What was rescued of { $name }
rescue-missing = See what is missing
rescue-missing-title = What is missing
rescue-pages = Damaged pages
rescue-pages-hint = What stood on them cannot be read
rescue-letters-hint = No line stands in their place: where they stood was lost with them
rescue-waiting-hint = Write it again if it did not arrive
rescue-gone-none = nothing
rescue-gone-unknown = nobody can tell
rescue-gone-at-most = at most { $count }
rescue-back = { $count ->
    [one] One letter is back
   *[other] { $count } letters are back
  }
rescue-none-lost = None was lost.
rescue-lost = { $count ->
    [one] One could not be read.
   *[other] { $count } could not be read.
  }
rescue-lost-about = { $count ->
    [one] One could not be read, as far as that can be counted.
   *[other] Up to { $count } could not be read.
  }
rescue-kept = The damaged box is kept beside the new one until you erase it, { $size }.
rescue-asks-again = Contacts and settings that are missing come back from your other devices, as far as the network keeps them.
rescue-what = What was read
rescue-all = all { $read }
rescue-of = { $read } of { $all }
rescue-of-about = { $read } of up to { $all }
rescue-open = Open the new box
rescue-ended = Nothing was rescued
rescue-stopped = You stopped it.
rescue-to-ways = Back

## Keys
keys-title = Keys
keys-new = New conversation
keys-search = Search
keys-write = Write a letter
keys-open = Open a conversation of the list, from the top
keys-next = Next conversation
keys-previous = Previous conversation
keys-arrows = Go up and down in a list
keys-enter = Send the letter
keys-line = Begin a new line
keys-back = Close what is open, then go back
keys-settings = Settings
keys-larger = Larger text
keys-smaller = Smaller text
keys-usual = Text of the usual size
keys-lock = Lock, when there is a passphrase
keys-help = Show this sheet
key-control = Ctrl
key-shift = Shift
key-enter = Enter
key-escape = Esc

## Links
link-title = Open this link?
link-mail-title = Write to this address?
link-explained = The site behind it sees your IP address. It is opened outside of Onionskin.
link-open = Open
link-copy = Copy the address
link-no = Do not open
link-not-opened = No browser opened. Copy the address instead.
link-refused-title = This link is not opened
link-refused-text = Onionskin opens web and mail addresses only. This one is something else, or it is broken.
link-user-info = What stands before the @ is not where this leads. It leads to { $host }.
link-number = This is a bare number instead of a name. Few honest links look like this.
link-look-alike = The name has letters that can look like others. Compare it letter by letter.
link-mixed = The name mixes letters of several scripts, which honest names hardly do. Compare it letter by letter.
link-written = Written as { $name }
link-not-encrypted = This page is not encrypted. Everybody on the way can read along.

## What went wrong
error-offline = You are offline. Write on. Letters leave by themselves when you are back.
error-guard = The first node of your path does not answer. Another one is being sought.
error-path = A node of your path stopped answering. Your letters wait here and leave as soon as a new path stands.
error-swarm = The network did not take it. It is safe here and can be sent again.
error-server = The server did not take it. Try again later.
error-clock = The clock of this device is wrong. Letters cannot be sent until it is set.
error-too-large = That is too long.
error-not-found = That is no longer here.
error-not-allowed = That cannot be done now.
error-input = Something in it is not right.
error-recovery = These words are no recovery password.
error-unreadable = Something came that could not be read. It was kept aside.
error-storage = The disk is full. Make room and try again.
error-damaged = The data is damaged. Nothing was deleted.
error-empty = The letter box is empty, as a power failure leaves it.
error-missing = The letter box is not in its place.
error-foreign = Something else lies in the place of the letter box.
error-key-missing = The key that was kept beside the letter box is gone.
error-in-use = It is open already, in another Onionskin. Close that one.
error-read-only = Nothing can be written into its folder. Change the permissions of the folder.
error-path-long = The path of the folder is too long. Keep the data in another folder.
error-nothing-readable = Nothing in it can be read any more.
error-seed-unreadable = The keys of the account cannot be read any more. The recovery password brings them back.
error-key = That is not the right passphrase.
error-newer = This was written by a newer version of Onionskin. Update to open it.
error-bug = That did not work, and it is our fault. What you wrote is safe.

## Moments
when-clock = { $hour }:{ $minute }
when-today = Today
when-yesterday = Yesterday
when-day = { $weekday }, { $date }
when-moment = { $day }, { $clock }
when-date = { $day } { $month }
when-date-year = { $day } { $month } { $year }
when-date-short = { $day } { $month }
when-date-short-year = { $day } { $month } { $year }
when-monday = Monday
when-short-monday = Mon
when-tuesday = Tuesday
when-short-tuesday = Tue
when-wednesday = Wednesday
when-short-wednesday = Wed
when-thursday = Thursday
when-short-thursday = Thu
when-friday = Friday
when-short-friday = Fri
when-saturday = Saturday
when-short-saturday = Sat
when-sunday = Sunday
when-short-sunday = Sun
when-month-1 = January
when-month-short-1 = Jan
when-month-2 = February
when-month-short-2 = Feb
when-month-3 = March
when-month-short-3 = Mar
when-month-4 = April
when-month-short-4 = Apr
when-month-5 = May
when-month-short-5 = May
when-month-6 = June
when-month-short-6 = Jun
when-month-7 = July
when-month-short-7 = Jul
when-month-8 = August
when-month-short-8 = Aug
when-month-9 = September
when-month-short-9 = Sep
when-month-10 = October
when-month-short-10 = Oct
when-month-11 = November
when-month-short-11 = Nov
when-month-12 = December
when-month-short-12 = Dec
