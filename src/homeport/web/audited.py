"""What was done, in words for people: the audit log keeps keys that no version changes."""

from __future__ import annotations

from homeport.web.words import said

DEEDS = {
    "bundle": said("made a support bundle"),
    "credentials.tried": said("tried credentials at a host"),
    "doctor": said("had everything examined"),
    "file.changed": said("changed the file"),
    "file.refused": said("tried to change the file; the agent did not take it"),
    "file.undone": said("brought a former version of the file back"),
    "login": said("signed in with the password"),
    "login.failed": said("tried to sign in, and was not let in"),
    "login.link": said("signed in by a one-time link"),
    "logout": said("signed out"),
    "notify_test": said("sent a notification as a trial"),
    "password.reset": said("took the password away on the machine"),
    "password.set": said("set the password"),
    "pause": said("paused"),
    "push.refused": said("pushed an address, and was not let in"),
    "resume": said("went on"),
    "retry": said("had what failed tried again"),
    "round": said("had everything looked at now"),
    "session.ended": said("signed a browser out"),
    "sessions.ended": said("signed all other browsers out"),
    "setup.published": said("set a name up"),
    "token.made": said("made a token"),
    "token.refused": said("came with a token that is none"),
    "token.revoked": said("revoked a token"),
    "totp.ended": said("ended the code beside the password"),
    "totp.set": said("set a code beside the password up"),
}
PEOPLE = {"owner": said("owner"), "nobody": said("a stranger"), "this machine": said("this machine")}
"""Who did it and from where, where that is a word of ours; a token has its label, and an address is itself."""
