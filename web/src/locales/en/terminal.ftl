# The terminal.

terminal-title = { $seat } – Visavis
self = Your own picture
self-none = Your own picture will be here.
full-screen = Full screen
elapsed = Time spent
meter = Loudness of your microphone

waiting = No call is planned. This screen wakes by itself.
waiting-next = Next call: { $side }
unplaced = A call is being gathered
unplaced-hint = This seat has no place in it yet. Your operator gives it one at the desk.
gathering = { $side } does not see or hear you yet
gathering-hint = Speak: the bar below shows what your microphone picks up. The picture opens when both sides begin.
sound-only = Sound only
far-waiting = { $side }'s picture has not arrived yet.
ended = The call has ended
ended-lasted = It lasted { $time }.
ended-from-to = { $from } to { $to } { $place }
ended-leave = Back to waiting

mic-on = Your microphone is on.
mic-off = Your microphone is off. Press to speak.
mic-dead = No sound comes from your microphone.
mic-label-on = Microphone on. Press to turn it off.
mic-label-off = Microphone off. Press to speak.

let-sound-in = Let { $side }'s sound in

notice-node = Your node does not answer. This screen goes on by itself when it is back.
notice-node-call = Your node does not answer. The call goes on by itself when it is back.
notice-cut = The line to { $side } is interrupted. The call goes on by itself when it is back.
notice-cut-gathering = The line to { $side } is down. You stay where you are until it is back.
notice-media = Sound and picture are being connected again.
notice-stalled = { $side }'s picture stands still. It goes on by itself.
notice-absent = Nobody is at { $side }'s terminal at this moment.
notice-far-mic = { $side }'s microphone is off.

device-retry = Try again
device-devices-refused = The browser may not use the microphone and the camera. Allow both beside the address, then try again.
device-microphone-refused = The browser may not use the microphone. Allow it beside the address, then try again.
device-microphone-none = No microphone is plugged in. Plug one in.
device-microphone-busy = Another program holds the microphone. Close it, then try again.
device-microphone-gone = The microphone was unplugged. Plug it in again; nobody hears you until then.
device-microphone-failed = The microphone could not be opened.
device-camera-refused = The browser may not use the camera. Allow it beside the address, then try again.
device-camera-none = No camera is plugged in. You are heard, but not seen.
device-camera-busy = Another program holds the camera. Close it, then try again.
device-camera-gone = The camera was unplugged. Plug it in again; nobody sees you until then.
device-camera-failed = The camera could not be opened. You are heard, but not seen.

seal-joining = Not sealed yet: nothing of yours is sent.
seal-alone = Sealed. Nobody in { $side } opens it yet.
seal-sealed = Sealed
seal-fallen = Something came that nobody in { $side } sealed. It was not played.
seal-broken = The seal is broken.
seal-broken-hint = Something tampered with the sealing of this call. Nothing of yours is sent. Start this page again; if it happens again, end the call.
seal-again = Start again
seal-read = Read these words to each other:
seal-proves = The same words on both screens: nobody sits between the two terminals. They do not say who is in the room.
seal-told = This page came in later; the terminals that were here told it these words. They prove something only where they were from the start.
