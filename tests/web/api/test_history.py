"""What happened, asked of a real agent by a program."""

NAME = "home.example.com"


def test_what_happened_is_told_by_what_is_asked(program, around):
    """All of it, one kind of it, one name of it, and page by page."""
    around.say("9.9.9.4")
    program.ask("POST", "/round")
    around.say("8.8.8.8")
    program.ask("POST", "/round")
    around.folder.wait_for("log", "record.published", after=["8.8.8.8"])
    while len((updates := program.get(f"/history?kind=updates&name={NAME}"))["events"]) < 3:
        pass
    assert {each["event"] for each in updates["events"]} <= {"record.published", "record.verified"}
    assert program.get("/history?kind=updates&name=nothing")["events"] == []
    first = program.get("/history?limit=2&span=year")
    second = program.get(f"/history?limit=2&span=year&older={first['older']}")
    numbers = [each["id"] for each in (*first["events"], *second["events"])]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4
    for wrong in ("span=century", "kind=x", "older=x", "older=99999999999999999999"):
        assert program.ask("GET", f"/history?{wrong}").status == 422


def test_the_chart_has_its_data(program, around):
    """Who learned what when, and how long changes took."""
    chart = program.get("/history/chart?span=day")
    assert "8.8.8.8" in {each["address"] for each in chart["addresses"]["wan IPv4"]}
    assert all(each["at"] <= chart["now"] and each["seconds"] >= 0 for each in chart["visible"])
