"""Work of one run spread over processes of this machine: Python computes on one core for each process."""
