"""Real services for tests, on loopback, in plain Python: no containers; Java and Maven are all they ask for."""
