"""Strict local imitations of ClassIn, Huawei Cloud VOD and Syngrafii iinked Sign, over real HTTP on loopback.

For the demo and the tests only. Nothing but tests imports this package, and it imports nothing of the
product: signatures and limits are worked out here a second time, so that a mistake in a client is not
repeated by its test.

Start it with `python -m sandbox` (see `--help`), or inside a test with `sandbox.server.Sandbox`. Beside the
providers' own addresses it has some of its own, JSON in and out:

    GET    /_sandbox/world                what the school's own records show, with the ids of special states
    GET    /_sandbox/effects?after=N      every received call and what it changed, oldest first
    GET, POST, DELETE  /_sandbox/faults   misbehaviour in force; add some (see sandbox.faults.Fault); clear it
    POST   /_sandbox/change               {"kind", "id", "set"}: a change made in the provider's own dashboard
    POST   /_sandbox/subscription         {"url", "resend_seconds"}: ClassIn's data subscription, to this machine alone
    POST   /_sandbox/push                 {"cmd", "fields"} or {"clip": id}: queue a message
    GET    /_sandbox/pushes               the queues, and each time that a message was sent
    POST   /_sandbox/latency              {"ms"}: how long every answer takes
    POST   /_sandbox/clock                {"offset"}: seconds by which the providers' clock is ahead
    POST   /_sandbox/reset                back to the seed, with an empty log
    GET    /_sandbox/health
"""
