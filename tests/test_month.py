"""A month in a house whose line is cut every night, in seconds: what is published, how soon, and with how few requests.

The world is drawn from a seed; when something is not as promised, the seed and the story are told.
"""

import asyncio
import heapq
import random
from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from fakes.simulated import INTERVAL, KEYS, OPERATORS, SERVERS, House, living
from fakes.virtual_time import run
from homeport.errors import Throttled, Unavailable, Unconfirmed
from homeport.model.address import Family

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
AT_ONCE = 8.0  # seconds: a hint, a hearing that waits for the other camp, a list and a batch
LOOK = INTERVAL * 1.1 + 15.0  # seconds until the safety net has looked, and everybody was heard
DEAD = 0.03  # of the services, at any time
MOODS = ("dead", "dead", "silent", "slow", "private", "broken", "liar")


@dataclass
class Month:
    """What happens on which day, and what has come of it.

    Attributes:
        changes: (true time, family, address, whether anybody noticed).
        obstacles: (from, to) true times in which nobody could have published.
        waits: the ends of those that the agent was told.
        failing: (from, to) true times in which the host does not do as it is asked.
    """

    house: House
    days: int
    rng: random.Random
    changes: list = field(default_factory=list)
    obstacles: list = field(default_factory=list)
    waits: list = field(default_factory=list)
    failing: list = field(default_factory=list)
    edited: list = field(default_factory=list)
    _agenda: list = field(default_factory=list)
    _order: count = field(default_factory=count)
    _unlearnable_since: float | None = None

    def plan(self):
        """Draw everything that is to happen."""
        odd = self.rng.sample(range(1, self.days - 1), 5)
        for day in range(self.days):
            self.at(day, self.rng.uniform(3.0, 3.4), self.cut)
            if day in self.rng.sample(range(self.days), self.days * 3 // 7):
                self.at(day, self.rng.uniform(22.5, 26.9), self.sleep, self.rng.uniform(2, 8) * HOUR)
        for operator in OPERATORS:
            self.soon(self.rng.expovariate(1 / (64 * HOUR)), self.sicken, operator)
        self.at(odd[0], 18, self.capture, 3 * HOUR)
        self.at(odd[1], self.rng.uniform(1.5, 3), self.fail_for, 2 * HOUR)
        self.at(odd[2], 2.9, self.throttle)
        self.at(odd[3], self.rng.uniform(8, 20), self.edit)
        self.at(odd[4], 12.5, self.step_clock, -40.0)
        self.at(odd[3], 2.9, self.drop)
        self.house.names.lag[SERVERS[1]] = 20.0

    def at(self, day, hour, do, *arguments):
        self._enter(day * DAY + hour * HOUR, do, arguments)

    def soon(self, seconds, do, *arguments):
        self._enter(self.house.clock.true + seconds, do, arguments)

    def _enter(self, when, do, arguments):
        heapq.heappush(self._agenda, (when, next(self._order), do, arguments))

    async def live(self):
        """Let everything happen at its time; what happens while the machine sleeps it finds when it wakes."""
        end = self.days * DAY
        while self._agenda and self._agenda[0][0] < end:
            when, _, do, arguments = heapq.heappop(self._agenda)
            if when > self.house.clock.true:
                await asyncio.sleep(when - self.house.clock.true)
            self.house.tell(f"world: {do.__name__} {' '.join(map(str, arguments))}")
            do(*arguments)
        await asyncio.sleep(max(0.0, end - self.house.clock.true) + 4 * LOOK)

    def cut(self):
        """Cut the line, as some providers do every night."""
        self.house.is_up = False
        if self.rng.random() < 0.5:
            self.house.stirred.set()
        self.soon(self.rng.uniform(5, 90), self.redial, self.house.clock.true, self.rng.random() < 0.5)

    def redial(self, cut_at, is_noticed):
        house, now = self.house, self.house.clock.true
        house.is_up = True
        self.obstacles.append((cut_at, now))
        for family in Family:
            house.move(family)
            self.changes.append((now, family, str(house.lived[family][-1]), is_noticed))
        if is_noticed:
            house.stirred.set()

    def sleep(self, seconds):
        """Close the lid; every other system counts that on its monotonic clock."""
        begun = self.house.clock.true
        self.house.clock.suspend(seconds, is_counted=self.rng.random() < 0.5)
        self.obstacles.append((begun, begun + seconds))

    def sicken(self, operator):
        """Let one service fail for a while, two hours on average."""
        how_long = self.rng.expovariate(1 / (2 * HOUR))
        self._set(operator, self.rng.choice(MOODS))
        self.soon(how_long, self.heal, operator)

    def heal(self, operator):
        self._set(operator, "honest")
        self.soon(self.rng.expovariate(DEAD / (1 - DEAD) / (2 * HOUR)), self.sicken, operator)

    def _set(self, operator, mood):
        self.house.behaves[operator] = mood
        now, is_learnable = self.house.clock.true, self._is_learnable()
        if is_learnable and self._unlearnable_since is not None:
            self.obstacles.append((self._unlearnable_since, now))
        self._unlearnable_since = None if is_learnable else (self._unlearnable_since or now)

    def _is_learnable(self):
        """Tell whether two say the truth, and no camp is left to a liar."""
        moods = self.house.behaves
        true = [camp for operator, camp in OPERATORS.items() if moods[operator] in ("honest", "slow")]
        lied = [camp for operator, camp in OPERATORS.items() if moods[operator] == "liar"]
        return len(true) >= 2 and all(true.count(camp) >= lied.count(camp) for camp in lied)

    def capture(self, seconds):
        """Spend an evening behind a captive portal."""
        self.house.is_captured = True
        self.house.stirred.set()
        self.soon(seconds, self.release, self.house.clock.true)

    def release(self, since):
        self.house.is_captured = False
        self.obstacles.append((since, self.house.clock.true))

    def fail_for(self, seconds):
        self.house.host.fails = "both", lambda: Unavailable("503"), False
        self.soon(seconds, self.mend, self.house.clock.true)

    def mend(self, since):
        self.house.host.fails = None
        self.obstacles.append((since, self.house.clock.true))
        self.failing.append((since, self.house.clock.true))

    def throttle(self):
        """Let the next write be answered with 429."""
        self._fail_once(lambda: Throttled("slow down", retry_after=900.0), 900.0, is_applied=False)

    def drop(self):
        """Let the connection of the next write be dropped after it was applied."""
        self._fail_once(lambda: Unconfirmed("the connection was dropped"), 5.0, is_applied=True)

    def _fail_once(self, made, pause, *, is_applied):
        def fail():
            host, now = self.house.host, self.house.clock.true
            host.fails = ("", None, is_applied)
            self.obstacles.append((now, now + pause))
            self.failing.append((now, now + pause))
            self.waits.append(now + pause)
            return made()

        self.house.host.fails = "apply", fail, is_applied

    def edit(self):
        """Let somebody change the record by hand, and be wrong."""
        self.edited.append((self.house.clock.true, Family.V4))
        self.house.host.put(KEYS[Family.V4], "198.41.0.4")

    def step_clock(self, seconds):
        self.house.clock.jump(seconds)

    def faults(self):
        """Return everything that is not as promised, in sentences."""
        return [
            *self.house.wrong,
            *(f"{family} does not stand as it should" for family in self.house.stands()),
            *(fault for family in Family for fault in self._not_written(family)),
            *self._late(),
            *self._not_excused(),
            *self._not_needed(),
        ]

    def _not_written(self, family):
        """Compare writes with changes: each once, in order, and one repair."""
        wanted = [str(address) for address in self.house.lived[family]]
        done = [text for _, rdata in self.house.host.writes[KEYS[family]] for text in rdata]
        repaired = [text for before, text in pairwise(done) if before == text]
        once = [done[0], *(text for before, text in pairwise(done) if before != text)] if done else []
        if once != wanted:
            yield f"{family}: {once} was written where the house had {wanted}"
        if len(repaired) != sum(edited is family for _, edited in self.edited):
            yield f"{family}: {repaired} was written twice"

    def _late(self):
        for at, family, address, is_noticed in self.changes:
            seen = [when for when, rdata in self.house.host.writes[KEYS[family]] if address in rdata]
            if not seen:
                continue
            met = [(begun, end) for begun, end in self.obstacles if begun <= seen[0] and end > at]
            ready = max([at, *(end for _, end in met)])
            is_clear = is_noticed and not met and not self._failed_just_before(at)
            allowed = AT_ONCE if ready in self.waits or is_clear else LOOK
            if seen[0] - ready > allowed:
                yield f"{address} of {self.when(at)} was published {seen[0] - ready:.1f} s after it could be"
        for at, family in self.edited:
            if not any(at < when < at + LOOK for when, _ in self.house.host.writes[KEYS[family]]):
                yield f"the edit of {self.when(at)} was not repaired"

    def _failed_just_before(self, at):
        """Tell whether a line that flaps has used up the one haste of the minute."""
        return any(not is_done and at - MINUTE < when <= at for when, _, _, is_done in self.house.host.log)

    def _not_excused(self):
        for at, what, _, is_done in self.house.host.log:
            excused = any(begun <= at <= end + 1 for begun, end in [*self.failing, *self.obstacles])
            if not is_done and not excused:
                yield f"{what} failed at {self.when(at)}, when the host was well"

    def _not_needed(self):
        """Find listings for none of the reasons: before a write, a day has passed, or the last outcome is not known."""
        known, doubted = {}, set()
        log = self.house.host.log
        for (at, what, keys, is_done), following in zip(log, [*log[1:], (0.0, "", (), True)], strict=True):
            is_before_write = following[1] == "apply" and following[0] - at < AT_ONCE
            is_old = any(at - known.get(one, -DAY) >= DAY - MINUTE for one in keys)
            if what == "observe" and is_done and not (is_before_write or is_old or doubted & keys):
                yield f"the host was listed at {self.when(at)} for no reason"
            if is_done:
                known.update(dict.fromkeys(keys, at))
            doubted = doubted - keys if is_done else doubted | keys

    @staticmethod
    def when(at):
        return f"day {at // DAY:.0f} {at % DAY // HOUR:02.0f}:{at % HOUR // MINUTE:02.0f}:{at % MINUTE:04.1f}"


async def faults_of(clock, days, seed):
    """Live through `days`; return what was not as promised and, if anything, the story up to it."""
    house = House(clock, seed)
    month = Month(house, days, random.Random(seed))
    async with living(house):
        month.plan()
        await month.live()
    faults = month.faults()
    return "\n".join([f"seed {seed}", *faults, "...", *house.story]) if faults else ""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week(seed):
    """Nothing wrong is ever published, every change is in time, and the host is asked no more than it must be."""
    assert run(lambda clock: faults_of(clock, 7, seed)) == ""


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_a_month(seed):
    """The same for thirty days, ten times."""
    assert run(lambda clock: faults_of(clock, 30, seed)) == ""
