"""The measured figures of a row, as a JSON line each: printed, and appended to the file that $VMTELEM_FIGURES names."""

import json
import os


def record(row, **values):
    line = json.dumps({"row": row, **values})
    print(line)
    if path := os.environ.get("VMTELEM_FIGURES"):
        with open(path, "a") as file:
            file.write(line + "\n")
