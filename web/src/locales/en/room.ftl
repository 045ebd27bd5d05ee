# The room: devices, camera, kiosk, who sits where.

devices = Microphone, camera and loudspeaker
devices-open = Devices
devices-change = Choose devices
devices-close = Close
devices-locked = Chosen before the call, and locked until it has ended.
devices-unnamed = The browser names the devices once it may use them.
devices-name = Let the browser name them
device-of = { $kind ->
    [microphone] Microphone
    [camera] Camera
   *[loudspeaker] Loudspeaker
}
device-used = { $kind ->
    [microphone] Microphone: { $label }
    [camera] Camera: { $label }
   *[loudspeaker] Loudspeaker: { $label }
}
device-chosen = Chosen
device-spare = Spare
device-default = Whatever the system gives
device-no-spare = None
device-not-open = Not open at this moment
device-try = Try the spare
device-try-speak = Speak now.
device-try-look = Looking.
device-try-listen = Listen: a note is played.
device-try-heard = I heard it
device-try-unheard = I heard nothing
device-try-worked = The spare works.
device-try-silent = Nothing was heard from the spare.
device-try-covered = The spare's lens is covered.
device-try-failed = The spare did not open.
device-untried = The spare was not tried yet.

profile = Sound at this seat
profile-headset = Headset
profile-headset-hint = One person, with headphones or a handset.
profile-speakerphone = Loudspeakers in the room
profile-speakerphone-hint = What this machine plays is taken out of what it sends.

device-gone = { $kind ->
    [microphone] The microphone was unplugged.
    [camera] The camera was unplugged.
   *[loudspeaker] The loudspeaker was unplugged.
}
device-missing = { $kind ->
    [microphone] The chosen microphone is not plugged in.
    [camera] The chosen camera is not plugged in.
   *[loudspeaker] The chosen loudspeaker is not plugged in.
}
device-shut = { $kind ->
    [microphone] The chosen microphone does not open.
    [camera] The chosen camera does not open.
   *[loudspeaker] The chosen loudspeaker does not open.
}
device-spare-in-use = The spare is in use.
device-other-in-use = In use instead: { $label }.
device-system-in-use = Whatever the system gives is in use.
device-back = { $kind ->
    [microphone] The chosen microphone is back and in use.
    [camera] The chosen camera is back and in use.
   *[loudspeaker] The chosen loudspeaker is back and in use.
}

camera-covered = Your camera seems to be covered. Open its shutter or uncover the lens.
camera-dark = It is too dark for your camera. Turn on a light in front of you.
camera-backlit = There is far more light behind you than on your face. Draw the curtain or turn the seat.
camera-frozen = Your camera's picture stands still. Unplug the camera and plug it in again.

staff-show = For staff: hold to show the tools
staff-hide = Hide the tools
far-table = Others at the table
far-more = { $n ->
    [one] and { $n } more person
   *[other] and { $n } more people
}
