# about: Uses PyTorch with gradients, no_grad, threads set, a tiny training loop, a data loader.
# limits: {cell_seconds: 40}
# slow: true

# %% before
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
torch.set_num_threads(2)
model = torch.nn.Linear(1, 1)
data = TensorDataset(torch.arange(8.0)[:, None], 2 * torch.arange(8.0)[:, None])
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for x, y in DataLoader(data, batch_size=4, shuffle=True):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
print(len(list(DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context="fork"))))

# %% double
@torch.no_grad()
def double(x):
    return (torch.tensor(x) * 2).item() if isinstance(x, (int, float)) else 2 * x

# %% triple
def triple(x):
    weight = torch.tensor(float(x), requires_grad=True)
    (1.5 * weight**2).backward()
    return float(weight.grad)
