"""What the page does, for programs: the JSON API of one agent, and what documents it."""
