## First run
landing-title = Letters on thin, strong paper.
landing-lead = Private messages, folded into three skins. Only the person you write to can open them.
landing-create = Create account
landing-restore = I have an account
protection-title = Who may open this device's letters?
protection-lead = This system has no key store that Onionskin could use. Choose a passphrase, or rely on the permissions of your files alone.
protection-hint = You type it each time Onionskin starts. Nobody can reset it.
protection-passphrase = Use this passphrase
protection-files = Rely on file permissions only
create-title = What should people call you?
create-lead = A first name, a nickname, anything. People you write to will see it. You can change it whenever you like.
create-name = Your name
create-hint = No e-mail, no phone number. We have no list of names.

## Home
home-title = Conversations
home-new = New conversation
home-nothing-open = Choose a conversation.
