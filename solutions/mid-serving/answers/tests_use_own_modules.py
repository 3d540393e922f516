# kind: wrong
# about: the tests import another module of the service
# loses: [tests]

# %% edit="tests"
 from service.app import create_app
+from service.schemas import MAX_FLIGHTS
@@
-@pytest.mark.parametrize("n", [0, 257])
+@pytest.mark.parametrize("n", [0, MAX_FLIGHTS + 1])
