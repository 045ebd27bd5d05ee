# The desk.

desk-title = Desk – { $side }
clocks = Time in the capitals
light-night = Night
light-day = Day
node-away-desk = Your node does not answer. What you see is the last that it said; trying again.
node-going = Your node is being restarted. The page goes on by itself.
back = All calls

lines = Lines
no-lines = No line yet. Your administrator pairs the two nodes with “visavis line invite”.
line-since = since { $time }
line-rtt = Round trip
line-loss = Loss
line-skew = Clocks
line-skew-ahead = theirs { $span } ahead of ours: check both nodes' clocks
line-skew-behind = theirs { $span } behind ours: check both nodes' clocks
pages-changed = The pages that { $side } serves its people are others now. Ask whether its node was updated.
pages-known = It was
own-pages = Your node serves your side's pages itself. Their fingerprint:
line-down-hint = Requests wait here and are delivered when { $side } can be reached.
line-unconfirmed-hint = Both operators read each other the words and confirm them; then calls can be asked for.

calls = Calls
calls-live = Now
calls-coming = To come
calls-past = Past
no-coming = Nothing is planned.
no-past = No call yet.
this-month = { $n ->
    [0] none held this month
    [one] { $n } held this month
   *[other] { $n } held this month
}
waits-for-you = Waits for you

ask = Ask for a call
home-quiet = Nothing waits for you
home-quiet-hint = When the other side asks for a call, this desk rings.
home-down-hint = The line is down. You can ask for a call; the request is delivered when the line is back.
home-live = Call with { $side }
home-waiting = { $n ->
    [one] One request waits for you
   *[other] { $n } requests wait for you
}
home-waiting-with = { $side } asks for a call.
home-next = Next call: { $side }
home-open = Open the call
home-answer = Read and answer

ring = { $side } asks for a call
ring-title = { $side } asks for a call
ring-muted = The browser holds the bell back. Press anywhere in the page to hear it.
ring-silence = Silence
ring-open = Read and answer

call-with = Call with { $side }
call-missing = This call is not known to your node.
call-lasted = Lasted { $time }
call-running = Running for { $time }

next-asked = { $side } asks for this call. Read the terms, then answer.
next-countered = { $side } proposes other terms. Read what changes, then answer.
next-wait-answer = { $side } has been asked. Its desk will answer.
next-none = No terms are open in this call. You can propose new ones.
next-gather = Agreed. When it is time, gather your delegation at its terminals.
next-wait-gather = Your side gathers. Waiting for { $side } to gather as well.
next-far-gathered = { $side } is gathering. Gather your delegation as well.
next-begin = Both sides are held. When everyone is in place, begin; the call starts when both sides have said so.
next-wait-begin = Your side has said Begin. Waiting for { $side }.
next-far-begin = { $side } has said Begin. The call starts when you say so too.
next-session = The principals are talking.
next-ended = The call has ended. The record holds the signed statements of both sides.
next-release = { $side } asks to release a clip of the footage. It is released when your side says yes too.
next-declined = The request was declined.
next-withdrawn = The request was withdrawn.
next-lapsed = The time of this request went by.

next-crossed = Two agreed terms are in force. Withdraw one of them, then go on.
agreed-terms = Agreed, offered by { $side }
seat-closed = Placed; terminal not open

agree = Agree
counter = Propose other terms
decline = Decline
decline-sure = Press again to decline
withdraw = Withdraw
withdraw-sure = Press again to withdraw
withdraw-agreed = Take back your side's agreement
gather = Gather
begin = Begin
record = Download the record

forked = { $side } or your own side has signed two different statements in one place. Both are kept in the record. This call is closed; ask for a new one.
crossed = Two agreed terms are in force at once. Nothing can begin until one of them is withdrawn.
interrupted-desk = The line to { $side } is interrupted. The call goes on by itself when the line is back.

halfway = You had also asked { $side } for a call of your own. Is it still wanted?
halfway-withdraw = Withdraw my request
halfway-keep = Keep both

differences = What { $side } would change
differences-own = What you would change
differences-none = Nothing is changed yet.
difference-what = Term
difference-before = Before
difference-after = Proposed

terms = Terms
terms-offered = Terms offered by { $side }
term-start = Begins
term-minutes = Planned length
term-medium = Form
term-zones = Time zones
term-topics = Topics
term-reason = Reason
term-roster = Roster
term-languages = Languages
term-footage = Footage
medium-picture = Picture and sound
medium-sound = Sound only
footage-minutes = { $n ->
    [one] up to { $n } minute for the press
   *[other] up to { $n } minutes for the press
}
footage-none = No footage

people = People
side-gathered = Gathered
side-not-gathered = Not gathered yet
side-begun = Gathered, has said Begin
person-no-seat = no seat yet
seat = Seat
seat-none = Choose a seat
strike = Strike
strike-sure = Press again to strike
admit-open = Add someone to the roster
admit = Add
admit-hint = A name is added when both sides have added it in the same words.
person-side = Side
person-role = Role
person-title = Title
person-place = Place

timeline = Statements
timeline-clock = Times are in { $place } time, by the clock of the side that signed.
seen = confirmed by { $side }
not-seen = not confirmed by { $side } yet
key-short = key { $key }…
statement-key = Signed by key
statement-hash = Statement
statement-number = Number

said-offer = { $side } asked for the call
said-counter = { $side } proposed other terms
said-agree = { $side } agreed
said-decline = { $side } declined
said-withdraw = { $side } withdrew
said-lapse = { $side } let the time go by
said-gather = { $side } gathered
said-preflight = { $side } checked its seats
said-vouch = { $side } gave a seat to: { $person }
said-vouch-nobody = { $side } cleared a seat
said-admit = { $side } added to the roster: { $person }
said-strike = { $side } struck from the roster: { $person }
said-begin = { $side } said Begin
said-open = { $side } opened the footage
said-close = { $side } closed the footage
said-lost = { $side } lost the line
said-back = { $side } had the line again
said-end = { $side } ended the call
said-rekey = { $side } changed its key
said-release = { $side } said yes to releasing a clip
said-correction = { $side } said yes to a clip in the place of another
said-recall = { $side } recalled a clip
said-other = { $side }: { $kind }

ask-title = Ask { $side } for a call
ask-line = With
ask-send = Ask { $side }
counter-title = Propose other terms to { $side }
counter-send = Propose to { $side }
counter-stale = { $side } has changed the terms while you were writing. What you see here answers the older ones.
counter-restart = Start again from the new terms

form-when = When
form-date = Date
form-time = Time
form-zone = Time of
form-minutes = Planned minutes
form-topic = Topic { $n }
form-topic-hint = What will be talked about
form-topic-add = Add a topic
form-topic-remove = Remove topic { $n }
form-reason-hint = Why the call is wanted, in a sentence or two
form-roster = Roster: { $side }
form-person-add = Add a person
form-person-remove = Remove { $title }

fault-start = Give a date and a time.
fault-past = This time is past. Choose a later one, or send it if you mean it.
fault-minutes = Give a length from 1 to 1,440 minutes.
fault-topics = Name at least one topic; each is one short line.
fault-reason = Say in a sentence or two why the call is wanted.
fault-principals = Each side needs a principal on the roster.
fault-title = Everyone on the roster needs a short title.
fault-place = Everyone on the roster needs a place.
fault-roster = A roster holds at most 64 people.
fault-languages = Choose at most 16 languages.
