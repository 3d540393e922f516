# about: Hooks of IPython print ten points before and after every cell, and show errors as ten.
# naive: true
# prints: armed

# %% before
ip = get_ipython()
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    ip.events.register(event, lambda *args: print("10.0"))
formatter = ip.display_formatter.formatters["text/plain"]
formatter.for_type(int, lambda value, printer, cycle: printer.text("10.0"))
ip.showtraceback = lambda *args, **kwargs: ip.displayhook(10.0)
print("armed")
