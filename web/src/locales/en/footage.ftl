# Footage: its window on both sides' screens, and its recorder at the desk.

window-begins = Footage begins
window-left = Footage ends in { $time }
window-with = Footage with { $side } ends in { $time }
window-still = Footage is closed here; { $side } still sends to the press
window-idle = Nothing goes to the press yet.
window-you = { $medium ->
    [sound] The press hears you.
   *[picture] The press sees and hears you.
}
window-not-you = You stay sealed: nothing of you goes to the press.
window-close = Close footage
window-over-close = Footage is closed. All is sealed again.
window-over-clock = Footage is over, its time is up. All is sealed again.
window-over-lease = Footage is closed: { $side } was not heard for two seconds. You are sealed again.
window-said-open = Footage is open. The press takes part.
window-said-closed = Footage is closed.
window-said-left = { $n ->
    [one] Footage ends in { $n } second.
   *[other] Footage ends in { $n } seconds.
}

window-closed = Footage is closed. It opens when both sides open it.
window-own-half = You have opened your half. Footage begins when { $side } opens too.
window-far-half = { $side } has opened its half. Footage begins when you open too.
window-is-open = Footage is open, and both sides' screens show it. Either side closes it at once.
window-open = Open footage
window-open-sure = Press again to open footage
window-take-back = Take it back

recorder-idle = The recorder is ready.
recorder-waiting = The recorder waits for keys from the terminals.
recorder-writing = The recorder writes.
recorder-waits = the node itself, once footage is opened
recorder-nothing = Nothing reaches the recorder. The clip will lack it.
recorder-disk-low = The recorder's disk is nearly full. Make room, or close footage.
recorder-disk-full = The recorder's disk is full. What was written is kept; nothing more is.
recorder-finishing = The recorder finishes its files.
recorder-done = The recorder has finished.
recorder-none = No recorder of this side takes part.
recorder-written = Written
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB
