# Words that desk and terminal share.

language = Language
starting = One moment
starting-hint = Connecting to your node.
try-again = Try again
cancel = Cancel
remove = Remove
next = Next
skip = Skip to the call
address-unknown = There is no page at this address
address-unknown-hint = Ask your operator for the address of your desk or terminal.

role-principal = Principal
role-aide = Aide
role-interpreter = Interpreter
role-operator = Operator
role-press = Press officer
role-recorder = Recorder

phase-proposed = Asked for
phase-agreed = Agreed
phase-gathering = Gathering
phase-in-session = In session
phase-ended = Ended
phase-declined = Declined
phase-withdrawn = Withdrawn
phase-lapsed = Lapsed

minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
milliseconds = { $n } ms
percent = { $n } %

line-good = The line is good
line-fair = The line is fair
line-poor = The line is poor
line-unknown = The line is being measured
line-down = The line is down
line-unconfirmed = Not confirmed yet

end = End the call
end-sure = Press again to end
mic-is-on = Microphone on
mic-is-off = Microphone off
person-here = here
person-not-here = not here yet

enrol-title = Make this browser a seat
enrol-what = This link works once. It gives this browser a key of its own that never leaves it; from then on only this browser opens the seat.
enrol-go = Enrol this browser
enrol-busy = Enrolling…
enrol-done = Enrolled: { $seat }
enrol-empty = This enrolment link is incomplete
enrol-empty-hint = Open the whole link, up to its last character, or ask your operator for a new one.

door-title = This browser cannot be used here
door-insecure = The page did not come over a secure connection, so the browser gives it no camera, no microphone and no keys.
door-trust = How to trust your side's certificate
door-ed25519 = It cannot keep an Ed25519 key, by which your node knows this seat.
door-indexeddb = It does not let the page keep a key. A private window, perhaps?
door-locks = It cannot hold a seat in one window only.
door-webrtc = It has no camera and microphone for pages.
door-transform = It cannot encrypt sound and picture before they leave it.
door-vp9 = It cannot send the kind of picture that the line carries.
door-use = Use a current Chromium, Chrome, Edge or Firefox, in an ordinary window.

unenrolled = This browser does not hold this seat
unenrolled-hint = The seat “{ $seat }” opens only in the browser that was enrolled for it. Ask your operator for an enrolment link and open it here.
elsewhere = This seat is open in another window
elsewhere-hint = Go on there, or take the seat over into this window. A call goes on either way.
use-this-window = Use this window
seat-lost = This seat went on in another window
seat-lost-hint = This window has stopped its camera and microphone. You can take the seat back.
refused-title = Your node does not admit this browser
node-away = Your node does not answer
node-away-hint = Trying again; the page opens by itself when the node is back. If it takes more than a minute, call your operator.
page-failed = This page has stopped
reload = Reload
