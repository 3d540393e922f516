# kind: wrong
# about: the README says 400 for what the service answers with 422
# loses: [docs]

# %% edit="docs"
-| `invalid` | 422 | correct the values that `fields` names |
+| `invalid` | 400 | correct the values that `fields` names |
