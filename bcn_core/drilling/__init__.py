"""The parts of a drill: a scratch place that is empty again afterwards, and a reader that is not BCN's own."""
