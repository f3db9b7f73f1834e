"""Asset checks of the PIT and of its repository: in every backup, and by their own schedules."""
