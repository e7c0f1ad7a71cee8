"""What every test starts from: no network, and no settings of the person who runs it."""

import os

from hypothesis import settings

for name in [name for name in os.environ if name.startswith(("OPENAI_", "UNDERSTUDY_"))]:
    del os.environ[name]
os.environ["HF_HUB_OFFLINE"] = "1"
# Commands speak the language of the person who runs them.
os.environ["LC_ALL"] = "C.UTF-8"

# Tests start several processes; each with its own pool of spinning threads would starve the others.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

# How long a test takes says more of the machine than of the code.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("full", deadline=None, max_examples=2_000)
settings.load_profile("full" if os.environ.get("FUZZ") == "full" else "quick")
