# about: Prints markup and templates that would have the grader's own pages include its files.
# prints: include

# %% double
from IPython.display import HTML, SVG, Image, Latex, Markdown, display

path = "__COURSE__/source/trial/hidden.py"
print("{% include '" + path + "' %} {{ ''.__class__.__mro__[1].__subclasses__() }} ${7*7}")
display(HTML(f"<iframe src='file://{path}'></iframe><img src='{path}'><object data='{path}'>"))
display(HTML(f"<link rel=import href='file://{path}'><script src='file://{path}'></script>"))
display(Markdown(f"![hidden]({path}) [[{path}]] ```{{include}} {path}```"))
display(Latex(rf"\input{{{path}}} \include{{{path}}} \verbatiminput{{{path}}}"))
display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg'><image href='file://{path}'/></svg>"))
display(Image(url=f"file://{path}"))


def double(x):
    return 0
