from dashboard.analysis.sizing import concurrency, gross_storage, processes, storage
from dashboard.catalogue.sizing import sizing_defaults


def test_the_defaults_give_the_golden_size_and_each_has_a_grade_that_calls_nothing_official() -> None:
    defaults = sizing_defaults()
    given = {name: each.default * each.scale for name, each in defaults.parameters.items()}
    net = [storage(each.volume, each.bytes, each.years, given["growth"]) / 1e12 for each in defaults.kinds.values()]
    assert [round(each, 3) for each in net] == [1.086, 13.594, 0.407, 175.998, 0.977, 2.832]
    assert round(sum(net), 3) == 194.895
    assert round(gross_storage(net, index=given["index"], copies=given["copies"], fill=given["fill"]), 1) == 723.9
    names = ("working_days", "peak_hour_share", "operations_per_visit", "seconds_per_operation")
    load = concurrency(defaults.kinds["outpatient"].volume, **{name: given[name] for name in names})
    assert (round(load.visits_per_day, 1), round(load.transactions_per_second, 3), round(load.concurrent, 1)) == (7968.1, 5.312, 42.5)
    assert processes(given["users"], **{name: given[name] for name in ("active_share", "think_seconds", "rate")}) == 1
    everything = [*defaults.kinds.values(), *defaults.parameters.values()]
    assert {each.grade for each in everything} <= {"OWN", "INFER"}
    assert {each.why(language) != "" for each in everything for language in ("zh", "en")} == {True}
