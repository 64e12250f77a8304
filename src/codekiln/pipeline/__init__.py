"""What joins the stations: recipes and running them, the report, the doctor, looking at artifacts.

Import the module you need: the runner needs torch, the doctor must not.
"""
