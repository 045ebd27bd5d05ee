# Whether a seat is heard: the lights, the band, the microphone's ways, the check before Begin.

lights = Your microphone
light-captured-good = Captured
light-captured-not-yet = Not captured yet
light-captured-bad = Not captured
light-captured-none = Not captured
light-sent-good = Sent
light-sent-not-yet = Not sent yet
light-sent-bad = Not sent
light-sent-none = Not sent yet
light-heard-good = Heard there
light-heard-not-yet = Not heard there yet
light-heard-bad = Not heard there
light-heard-none = Not heard there yet
heard-there = You are heard in { $side }.

mic-fault-dead = Your microphone gives no sound at all. Look for a mute switch on it, or plug it in again.
mic-fault-gone = Your microphone was unplugged. Plug it in again.
mic-fault-refused = The browser may not use the microphone. Allow it beside the address.
mic-fault-muted = Your microphone is muted on the device or by this machine. Turn it on there.
mic-fault-not-leaving = Your voice does not leave this machine. Wait; if this stays, start the page again.
mic-fault-not-arriving = Your voice does not arrive in { $side }. Wait until this goes.
mic-fault-silent = { $side } receives silence while you speak. Turn your microphone off and on; if this stays, use another one.
mic-fault-unsealed = The call cannot be sealed at this moment, so nothing of yours is sent. It goes on by itself.

mic-off-hold = Your microphone is off. Hold to speak.
mic-stays-open = The microphone stays open on this machine while it is off, so that we can warn you. Nothing of it leaves.
mic-is-closed = The microphone is closed while it is off. Nobody can warn you when you speak.
ways = How the microphone is used
way-watchful = Warn me when I speak while it is off
way-watchful-forbidden = Your side does not allow a microphone to stay open while it is off. Nobody can warn you when you speak.
way-hold = Hold to speak
way-hold-hint = The microphone is on only while you hold the space bar or its button.

asked-mute = Your operator turned your microphone off.
asked-speak = Your operator asks you to speak. Press to speak.
asked-speak-on = Your operator asks you to speak.
asked-close = Close

connected = Connected
lack-heard = { $side } cannot hear you yet.
lack-seen = { $side } does not see you yet.
lack-hears = Nothing has been heard from { $side } yet.
lack-sees = { $side } is not seen here yet.

check-open = Check before the call: { $side } sees and hears this seat now.
check-open-sound = Check before the call: { $side } hears this seat now.
check-waiting = Stay seated. Your operator checks this seat.
check-speak = Say a sentence, please.
check-heard = { $side } hears you.
check-heard-not-yet = { $side } has not heard you yet.
check-seen = { $side } sees you.
check-seen-not-yet = { $side } has not seen you yet.
check-phrase = Use a test phrase
check-phrase-plays = The test phrase is being played
check-tone = Do you hear the tone?
check-tone-yes = I hear it
check-tone-no = I hear nothing
check-tone-again = Play it again
check-well = This seat is heard and hears.
check-numbers = There and back in { $ms } ms; { $loss } % lost on the way.
check-close = Close
check-fault-no-microphone = No microphone works at this seat. Plug one in, or allow the browser to use it; then ask your operator to check again.
check-fault-silent-microphone = Nothing was heard from your microphone. Turn it on, look for a mute switch, or use another one; then ask your operator to check again.
check-fault-not-sent = Your voice did not leave this machine. Start this page again; then ask your operator to check again.
check-fault-not-heard = Your voice did not arrive in { $side }. Ask your operator to look at the line and to check again.
check-fault-heard-silent = { $side } received silence while you spoke. Use another microphone; then ask your operator to check again.
check-fault-no-camera = No camera works at this seat. Plug one in, or allow the browser to use it; then ask your operator to check again.
check-fault-not-seen = Your picture did not arrive in { $side }. Ask your operator to look at the line and to check again.
check-fault-no-loudspeaker = The tone was not heard at this seat. Turn the loudspeaker up, or use another one; then ask your operator to check again.
check-fault-nobody-there = Nobody is at a terminal in { $side }. Ask your operator to check again when somebody is there.
check-fault-stopped = The check was stopped before its end. Your operator can start it again.
