## Everywhere
back = Back
close = Close
continue = Continue
try-again = Try again
opening = Opening
settings = Settings
passphrase = Passphrase

## Locked, or in trouble
unlock-title = Locked
unlock-lead = Type your passphrase. Until then nobody can read what is here, not even Onionskin.
unlock = Unlock
unlock-busy = Opening
trouble-title = The letter box does not open.
trouble-safe = Nothing was deleted.

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
error-key = That is not the right passphrase.
error-newer = This was written by a newer version of Onionskin. Update to open it.
error-bug = That did not work, and it is our fault. What you wrote is safe.
