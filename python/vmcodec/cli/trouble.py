"""What ends a command: one line for whoever called it."""


class Trouble(Exception):
    """The command cannot go on, and it is not for a bad record; the text is one clear line."""
