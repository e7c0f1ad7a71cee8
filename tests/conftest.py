"""What every test starts from: no network, and no settings of the person who runs it."""

import os

from hypothesis import settings

for name in [name for name in os.environ if name.startswith(("OPENAI_", "UNDERSTUDY_"))]:
    del os.environ[name]
os.environ["HF_HUB_OFFLINE"] = "1"

# How long a test takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
