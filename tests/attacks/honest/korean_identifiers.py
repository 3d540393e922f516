# about: Names, strings and comments in Korean.

# %% before
배수 = {"두 배": 2, "세 배": 3}


def 곱하기(값, 몇배):
    """값을 몇 배로 한다."""
    return 배수[몇배] * 값

# %% double
def double(값):
    # 두 배로 만든다
    print("입력의 종류:", type(값).__name__, "한글 출력 ✓")
    return 곱하기(값, "두 배")

# %% triple
def triple(값):
    return 곱하기(값, "세 배")
