"""Inputs that nobody meant: whatever comes in from outside, mangled, must end as a refusal in our own words.

`python -m tests.fuzz 1000000` runs as many (`make fuzz N=1000000`); the tests run some thousands of them.
"""
