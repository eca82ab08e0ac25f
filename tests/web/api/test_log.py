"""The log, asked of a real agent by a program."""


def test_events_are_told_by_what_is_asked_page_by_page(program):
    """By level, beginning of the event, name, trace and text; what is older by what the answer before says."""
    found = program.get("/log?event=record.published&limit=1")
    [published] = found["entries"]
    assert published["event"] == "record.published"
    trace = published["fields"]["trace"]
    together = program.get(f"/log?trace={trace}")["entries"]
    assert {each["fields"]["trace"] for each in together} == {trace}
    assert len(together) > 1
    assert program.get("/log?level=error")["entries"] == []
    assert program.get("/log?name=nothing.example.com")["entries"] == []
    assert program.get("/log?text=RECORD.PUBLISHED&limit=1")["entries"] == found["entries"]
    first = program.get("/log?limit=1")
    second = program.get(f"/log?limit=1&before={first['older']}")
    assert second["entries"] != first["entries"]
    for wrong in ("level=loud", "before=x", "before=1-", "limit=0", "nothing=1"):
        assert program.ask("GET", f"/log?{wrong}").status == 422


def test_the_log_is_told_as_it_is(program, around):
    """Each event once, those that are asked for alone, with a place to go on from."""
    stream = program.follow("/log/events?event=record.published")
    around.say("9.9.9.5")
    program.ask("POST", "/round")
    name, told = next(stream)
    assert (name, told["event"]) == ("log", "record.published")
    around.say("8.8.8.8")
    program.ask("POST", "/round")
    assert "8.8.8.8" in next(stream)[1]["text"]
    assert program.ask("GET", "/log/events", last_event_id="x").status == 422
