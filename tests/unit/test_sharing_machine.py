"""Many units, one order: what holds whatever happens to leaders, machines, clocks and the network.

P1: orders are not repeated, but for those that died with their leader. P2: when all is quiet, all
units have what the ledger says. P3: no unit loses what it serves. P4: no hook fails because
leadership was lost. P5: nobody orders before the ledger has named it. P6: a follower goes on
serving. P7: no key is in the ledger. P9: no unit goes back to an older certificate. P10: nothing is
written twice. (P8, how many revisions of a secret are kept, is not up to these rules.)
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from layer_lets_encrypt.rules import leading, shared_ledger
from sharing_world import ENDS, SITE, World

DAY = 86400
indices = st.integers(0, 6)
ends = st.sampled_from(["well"] * 4 + ["refused"] * 3 + ENDS)
clocks = st.sampled_from([0, 0, 0, -3600, 3600, 400 * DAY])


class Sharing(RuleBasedStateMachine):
    """Events in any order; invariants after each."""

    @initialize(units=st.integers(1, 4), clock=clocks)
    def deploy(self, units: int, clock: float) -> None:
        self.world = World()
        for number in range(units):
            self.world.add(clock if number == 0 else 0)
        self.served: dict[str, object] = {}

    def unit(self, index: int) -> str:
        names = sorted(self.world.machines)
        return names[index % len(names)]

    @rule(index=indices)
    def a_hook_runs(self, index: int) -> None:
        self.begin(self.unit(index))

    @rule(seconds=st.sampled_from([1, 61, 700, DAY]), end=ends, rounds=st.integers(1, 3))
    def all_units_have_hooks(self, seconds: float, end: str, rounds: int) -> None:
        for _ in range(rounds):
            self.world.now += seconds
            for name in sorted(self.world.machines):
                self.begin(name)
            self.an_order_ends(0, end)

    @rule(index=indices, rounds=st.integers(1, 3))
    def a_renewal_goes_well(self, index: int, rounds: int) -> None:
        """What nearly always happens."""
        self.the_network_is_back()
        self.the_certificate_becomes_due()
        self.all_units_have_hooks(700, "well", rounds)

    def begin(self, name: str) -> None:
        machine = self.world.machines[name]
        was_registered = machine.registered
        is_idle = machine.hook is None and not machine.is_cut_off
        if self.world.begin(name):
            self.check_order(name)
        elif is_idle and self.world.leader != name and machine.on_disk is not None:
            assert machine.registered or not was_registered  # P6

    def check_order(self, name: str) -> None:
        hook = self.world.machines[name].hook
        assert hook is not None
        assert hook.unit.is_named or not hook.unit.others  # P5
        assert self.world.leader == name
        when, until, clock = self.world.failed
        if self.world.machines[name].clock == clock and hook.unit.began.spent.get(SITE):
            assert not when <= self.world.now < until, "the CA is asked within a wait"

    @rule(index=indices, end=ends)
    def an_order_ends(self, index: int, end: str) -> None:
        busy = sorted(name for name, one in self.world.machines.items() if one.hook)
        if busy and not (end.startswith("gone") and len(self.world.machines) == 1):
            self.world.now += 20
            self.world.finish(busy[index % len(busy)], end)

    @rule()
    def the_certificate_becomes_due(self) -> None:
        self.world.now += 60 * DAY
        self.world.make_due()

    @rule(names=st.sampled_from("ab"))
    def the_operator_wants_other_names(self, names: str) -> None:
        self.world.want(names)

    @rule(index=indices)
    def leadership_moves(self, index: int) -> None:
        name = self.unit(index)
        if not self.world.machines[name].is_cut_off:
            self.world.leader = name

    @rule(clock=clocks)
    def a_unit_is_added(self, clock: float) -> None:
        if len(self.world.machines) < 6:
            self.world.add(clock)

    @precondition(lambda self: len(self.world.machines) > 1)
    @rule(index=indices)
    def a_unit_is_removed(self, index: int) -> None:
        name = self.unit(index)
        if self.world.machines[name].hook is None:  # Juju lets a hook end
            self.world.remove(name)

    @precondition(lambda self: len(self.world.machines) > 1)
    @rule(index=indices)
    def a_machine_is_gone(self, index: int) -> None:
        name = self.unit(index)
        if self.world.machines[name].hook is None:  # for the others see an_order_ends()
            self.world.kill(name)

    @rule()
    def the_lost_are_removed(self) -> None:
        for name in sorted(self.world.lost):
            self.world.remove_lost(name)

    @rule(index=indices)
    def a_machine_is_cut_off(self, index: int) -> None:
        name = self.unit(index)
        self.world.machines[name].is_cut_off = True
        connected = sorted(n for n, one in self.world.machines.items() if not one.is_cut_off)
        if self.world.leader == name and connected:
            self.world.leader = connected[0]

    @rule()
    def the_network_is_back(self) -> None:
        for machine in self.world.machines.values():
            machine.is_cut_off = False

    @rule(clock=clocks, index=indices)
    def a_clock_is_set(self, clock: float, index: int) -> None:
        self.world.machines[self.unit(index)].clock = clock

    @rule(text=st.sampled_from(["", "{", "[]", '{"term": -1}', '{"lineages": 7}']))
    def the_ledger_is_spoilt(self, text: str) -> None:
        """By an administrator: Juju's own writes are whole."""
        if not any(machine.hook for machine in self.world.machines.values()):
            self.world.text = text

    @rule()
    def all_is_quiet(self) -> None:
        """P2 and P10, as far as they need no order."""
        self.the_network_is_back()
        names = [name for name, one in sorted(self.world.machines.items()) if one.hook is None]
        for _ in range(3):
            for name in names:
                self.world.begin(name, may_order=False)
        before = dict(self.world.writes)
        for name in names:
            self.world.begin(name, may_order=False)
        assert self.world.writes == before  # P10: a hook with nothing to do writes nothing
        entry = shared_ledger.parse(self.world.text).lineages.get(SITE)
        if entry is not None and self.world.leader in names:
            for name in names:
                found = self.world.machines[name].on_disk
                assert found is not None or entry.names != self.world.names
                if found is not None and found.names == self.world.names == entry.names:
                    assert found.generation >= entry.generation  # P2

    @invariant()
    def hooks_do_not_fail(self) -> None:
        assert self.world.refused_flushes == 0  # P4

    @invariant()
    def orders_are_not_wasted(self) -> None:
        assert self.world.orders <= self.world.renewals + self.world.losses  # P1

    @invariant()
    def disks_only_go_forward(self) -> None:
        for name, machine in self.world.machines.items():
            before = self.served.get(name)
            found = machine.on_disk
            assert before is None or found is not None  # P3
            if before is not None and found is not None and found.names == before.names:
                assert found.generation >= before.generation  # P9
            self.served[name] = found

    @invariant()
    def no_secret_is_in_relation_data(self) -> None:
        ledger = shared_ledger.parse(self.world.text)
        assert not ledger.faults or not ledger.term
        for entry in ledger.lineages.values():
            assert set(vars(entry)) == {"uri", "serial", "not_before", "not_after", "names",
                                        "server", "key_type"}  # fmt: skip

    def teardown(self) -> None:
        """P2: when events stop, one unit leads, and time passes, all serve what is wanted."""
        if not hasattr(self, "world"):
            return
        world = self.world
        for machine in list(world.machines.values()):
            machine.is_cut_off = False
            if machine.hook is not None:
                world.finish(machine.name, "killed with files")
        for _ in range(6):
            world.now += 2 * DAY
            for name in sorted(world.machines):
                if world.begin(name):
                    self.check_order(name)
                    world.finish(name, "well")
        orders = world.orders
        for name in sorted(world.machines):
            assert not world.begin(name)
        entry = shared_ledger.parse(world.text).lineages[SITE]
        for name in sorted(world.machines):
            found = world.machines[name].on_disk
            assert found is not None
            assert (found.generation, found.names) == (entry.generation, world.names)
            assert found.renewal == world.renewal
            assert world.machines[name].registered
        assert world.orders == orders
        assert leading.Unit(world.leader, True, shared_ledger.parse(world.text)).is_named
        self.orders_are_not_wasted()
        self.hooks_do_not_fail()


TestSharing = Sharing.TestCase
TestSharing.settings = settings(
    derandomize=True, deadline=None, database=None, max_examples=200, stateful_step_count=40
)


def test_a_leader_that_was_deposed_and_is_back_does_not_publish_what_is_older() -> None:
    """Both leaders' orders overlap; the second one's certificate is the newer one."""
    world = World()
    first, second = world.add(0), world.add(0)
    for name in (first, second):
        world.begin(name)
    assert world.begin(first)
    world.leader, world.now = second, world.now + 100
    world.begin(second)
    world.now += 100
    assert world.begin(second)
    world.finish(second, "well")
    world.leader = first
    world.finish(first, "well")
    for name in (first, second):
        assert not world.begin(name)
    newer = world.machines[second].on_disk
    assert newer is not None
    assert newer == world.machines[first].on_disk
    assert shared_ledger.parse(world.text).lineages[SITE].generation == newer.generation
