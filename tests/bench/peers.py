"""Times a portable reader from PyPI: peers.py dissect|etl-parser FILE.

Prints lines of `name value`: seconds of processor time and events found. Both readers are asked
for as little as they allow: every record, its header decoded.
"""

import sys
import time


def dissect(path):
    from dissect.etl import ETL

    events = 0
    with open(path, "rb") as handle:
        for _ in ETL(handle):
            events += 1
    return events


def etl_parser(path):
    from etl.etl import IEtlFileObserver, build_from_stream

    class Counter(IEtlFileObserver):
        events = 0

        def count(self, _):
            self.events += 1

        on_event_record = count
        on_trace_record = count
        on_perfinfo_trace = count
        on_system_trace = count
        on_win_trace = count

    counter = Counter()
    with open(path, "rb") as handle:
        build_from_stream(handle.read()).parse(counter)
    return counter.events


READERS = {"dissect": dissect, "etl-parser": etl_parser}

read = READERS[sys.argv[1]]
start = time.process_time()
found = read(sys.argv[2])
print("engine", time.process_time() - start)
print("events", found)
