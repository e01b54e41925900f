"""The demonstration: the real 2019 cycle, running cycles, and a mailbox to look into."""
