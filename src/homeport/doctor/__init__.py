"""What is wrong with this machine's name, found by walking the chain that a person would walk by hand.

One check a module. Each is `check(case)`, which yields findings; everything it can say is a `Sentence` in its
module, so that `docs/it-does-not-start.md` can hold every one of them. A check looks and changes nothing; what it
knows how to mend it hands over as a `Fix`.
"""
