# libkthread: static (hidden symbols localised) and shared; sources in the order of a thread's life.
