"""Strict local imitations of ClassIn, Huawei Cloud VOD and Syngrafii iinked Sign, over real HTTP on loopback.

For the demo and the tests only. Nothing but tests imports this package, and it imports nothing of the
product: signatures and limits are worked out here a second time, so that a mistake in a client is not
repeated by its test.
"""
