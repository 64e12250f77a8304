"""The web pages: the playground with its glass box, training runs, the corpus, and the page of `explain`.

What they show comes from below; `static/` is built from the folder `web/` of the repository.
"""
