"""A tenant: the contact centre that agents work for, with its queues, places and habits."""

from __future__ import annotations

from .chance import Chance

# As written on the wire, and as in an address.
GIVEN = (("José", "jose"), ("Zoë", "zoe"), ("Jürgen", "juergen"), ("Łukasz", "lukasz"), ("Ana", "ana"), ("Tom", "tom"),
         ("Ελένη", "eleni"), ("Priya", "priya"), ("Olivia", "olivia"), ("Mehmet", "mehmet"), ("花子", "hanako"),
         ("Sofia", "sofia"), ("Noah", "noah"), ("Chloé", "chloe"), ("Ines", "ines"), ("Liam", "liam"))  # fmt: skip
FAMILY = (("Núñez", "nunez"), ("Müller", "mueller"), ("Smith", "smith"), ("O'Brien", "obrien"), ("García", "garcia"),
          ("山田", "yamada"), ("Rossi", "rossi"), ("Jones", "jones"), ("Kowalski", "kowalski"), ("Silva", "silva"),
          ("Παππά", "pappa"), ("Nguyen", "nguyen"), ("Brown", "brown"), ("D'Souza", "dsouza"))  # fmt: skip
CITIES = ("Lisboa", "Málaga", "Kraków", "Leeds", "Austin", "Zürich", "Αθήνα", "Cork", "Pune", "大阪")
FIELDS = ("Sales", "Billing", "Support", "Retention", "Claims", "Orders", "Bookings", "Technical")
REASONS = ("Break", "Lunch", "Training", "Meeting", "Coaching", "Email", "Callback", "Paperwork", "IT-Issue",
           "Personal", "Supervisor", "Aufgabe für später")  # fmt: skip


class Tenant:
    """What all agents of a tenant have in common."""

    def __init__(self, seed: int, number: int) -> None:
        chance = Chance(seed, 1, number)
        parts = (chance.hex(digits) for digits in (8, 4, 4, 4, 12))
        self.tenant_id = "-".join(parts)
        self.city = chance.pick(CITIES)
        self.server: int | str = f"sip_{number}" if chance.happens(0.2) else 65_000 + number
        self.customer_id = f"Tenant-{number:03}"
        self.switch = f"SIP_Switch_{number % 8}"
        # DN events and mute events need not tell the time, and in most places do not.
        self.tells_time = chance.happens(0.3)
        self.seats = chance.pick(("extension", "extension", "extension", "telephone"))
        self.logins = chance.pick(("number", "number", "address", "letter"))
        suffix = "@sip" if chance.happens(0.5) else ""
        self.queues = [f"{8000 + 10 * number + place}{suffix}" for place in range(chance.between(3, 8))]

    def seat(self, number: int) -> str:
        """The DN of the agent with this number."""
        return f"+34600{number:06}" if self.seats == "telephone" else str(20_000 + number)

    def login(self, number: int, name: str) -> str:
        """What the agent with this number and name in addresses logs in with."""
        if self.logins == "address":
            return f"Support\\{name}{number}@example.com"
        return f"A{number:05}" if self.logins == "letter" else str(1_000_000 + number)
