# The check of the seats, who is heard, and what stays on one's own side.

check-title = Check of the seats
check-open-none = The check is closed.
check-open-own = Your half of the check is open. { $side } has not opened its half.
check-open-far = { $side } has opened its half of the check.
check-open-both = The check is open: both sides' terminals hear and see each other.
check-on = Open the check
check-off = Close the check
check-seat = Check
check-again = Check again
check-running = Being checked. Somebody may speak at the seat.
check-nobody = { $side } has placed nobody yet.
clocks-agree = agree to { $n } ms
far-failed = Not proven: { $why }.
sign-check = Sign the check
sign-check-as-is = Sign the check as it stands
signed-good = At { $time } { $side } signed its check: every seat is proven.
signed-bad = At { $time } { $side } signed its check.

unproven = Not everything is proven.
unproven-unsigned = { $side } has not signed its check.
unproven-seat = { $side }, { $seat }: { $why }.
unproven-left = a seat that nobody has any longer
anyway-both = The call can begin all the same when the operator in { $side } does so too. The record names what was not proven.
begin-anyway = Begin anyway
begin-anyway-sure = Press again to begin unproven

step-let-in = Give your principal a seat under “People”. Then the seats are checked.
step-open = Before anyone sits down, check the seats together with { $side }.
step-open-far = { $side } has opened the check. Open your half as well.
step-wait-open = Your half of the check is open. Waiting for { $side } to open its half.
step-run = Check the seats one after another. Next: { $seat }.
step-absent = { $seat }: the terminal is not open. Open it, then check it.
step-mend = { $seat }: { $mend }
step-sign = Every seat of yours is proven. Sign the check, so that the record holds it.
step-wait-sign = Your check is signed. Waiting for { $side } to sign its own.
step-far-mend = { $side } still has to mend a seat, and to sign again. { $seat }: { $why }.

why-no-microphone = no microphone
why-silent-microphone = the microphone is silent
why-not-sent = no sound leaves the terminal
why-not-heard = not heard at the other end
why-heard-silent = arrives as silence
why-no-camera = no camera
why-not-seen = not seen at the other end
why-no-loudspeaker = the loudspeaker was not heard
why-nobody-there = nobody was at the other end
why-stopped = the check was stopped
why-not-checked = not checked
why-other = failed for another reason

mend-no-microphone = No microphone answers. Plug one in at the seat, then check again.
mend-silent-microphone = The microphone gives no sound. Switch it on at the device itself, then check again.
mend-not-sent = The microphone works, but no sound leaves the terminal. Load its page again, then check again.
mend-not-heard = The sound leaves, but nothing arrives in { $side }. Ask the operator there to load the terminal's page again, then check again.
mend-heard-silent = The sound arrives in { $side } as silence. Choose another microphone at the seat, then check again.
mend-no-camera = No camera answers. Plug one in at the seat, then check again.
mend-not-seen = The picture does not arrive in { $side }. Uncover the camera and load the terminal's page again, then check again.
mend-no-loudspeaker = The loudspeaker was not heard in the room. Turn it up, or choose another one, then check again.
mend-nobody-there = Nobody is at a terminal in { $side }. Ask the operator there to open one, then check again.
mend-stopped = The check was stopped before its end. Check again.
mend-not-checked = This seat was not checked. Check it.
mend-other = The check failed. Load the terminal's page again, then check again.

proof-heard = Heard there
proof-seen = Seen there
proof-hears = Hears
proof-figures = { $ms } ms there and back, { $loss } % lost

seat-lights = Microphone and picture: { $seat }
seat-light-captured = Captured
seat-light-sent = Sent
seat-light-heard = Heard there
seat-light-seen = Seen there
light-is-off = off
light-is-none = nobody is there
light-is-not-yet = not proven yet
light-is-good = yes
light-is-bad = no
seat-talking-off = Speaks while the microphone is off.
seat-fault-dead = The microphone gives no sound at all. Plug it in again, or choose another one.
seat-fault-gone = The microphone was unplugged. Plug it in again.
seat-fault-refused = The browser may not use the microphone. Allow it beside the address.
seat-fault-muted = The microphone is switched off at the device or by the system. Switch it on there.
seat-fault-not-leaving = No sound leaves the terminal. Load its page again.
seat-fault-not-arriving = Nothing of it arrives in { $side }. It is being connected again.
seat-fault-silent = It arrives in { $side } as silence. Choose another microphone.
seat-fault-unsealed = The keys for this seat are missing, so nothing is sent. Load the terminal's page again.
camera-note-covered = The camera is covered.
camera-note-dark = The picture is dark. Switch on a light.
camera-note-backlit = The light comes from behind. Draw the curtain, or turn the seat.
camera-note-frozen = The picture stands still. Plug the camera in again.

seat-mute = Mute
seat-ask = Ask to speak
seat-told = Said
alarm-talking-off = { $seat } speaks while the microphone is off.

own-side-only = Your own side alone sees this.
asides = Among yourselves
note-to-principal = Note to the principal
note-send = Show
note-hint = One short line, large on the principal's screen.
note-seen = put away
note-not-seen = on the screen
note = Note from your own side
note-more = { $n ->
    [one] { $n } more
   *[other] { $n } more
}
note-away = Put away
chat = Delegation
chat-field = Write to the delegation
chat-send = Send
chat-empty = Nothing has been said yet.
chat-close = Close
chat-unread = { $n ->
    [one] Delegation: { $n } new line
   *[other] Delegation: { $n } new lines
}
topics = Topics now
topic = Topic
topic-set = This one now
topic-clear = None now

myself-open = See and hear yourself
myself-listen = Listen to yourself for five seconds
myself-close = Close
myself-no-picture = No camera answers.
myself-recording = Speak now. Only this page hears it.
myself-playing = This is how you sound.
myself-failed = No microphone answers. Plug one in, or allow it beside the address.

refusal-check-closed = The check is not open on both sides. Open it, and ask the other operator to open it as well.
refusal-seat-away = The terminal of this seat is not open. Open it first.
refusal-nothing-checked = No seat was checked yet. Check one first.
refusal-preflight-missing = A side has not signed a check under the terms in force. Check the seats and sign.
refusal-preflight-failed = A seat was not proven. Mend it, check it again and sign; or begin anyway.
refusal-unknown-topic = The terms in force do not name this topic. Read them as they stand.
refusal-aside-too-fast = Too many lines in a short time. Wait a few seconds, then send it again.
