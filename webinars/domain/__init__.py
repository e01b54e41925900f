"""Business acts and the rules behind them.

Functions are given a session and the time, raise named errors, never see a request and
never commit.
"""
