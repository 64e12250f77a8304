-- codekiln in Neovim: starts `codekiln lsp` and shows what it suggests behind the cursor.
-- Neovim 0.12 draws inline completion itself; for 0.11 `codekiln.ghost` does.

local M = {}

local defaults = {
  cmd = { "codekiln", "lsp" },
  -- Files in none of these folders are completed without an index.
  root_markers = { ".git", ".hg", "pyproject.toml", "package.json", "go.mod", "Cargo.toml" },
  -- Kinds of buffers that are no files of somebody's.
  ignored = { "", "help", "qf", "netrw", "gitcommit", "TelescopePrompt" },
  -- `false` maps none.
  keys = { accept = "<Tab>", word = "<M-Right>", dismiss = "<C-]>", ask = "<M-\\>" },
  delay = 75, -- milliseconds without a key before something is asked
}

local function start(buffer)
  local options = M.options
  if vim.bo[buffer].buftype ~= "" or vim.tbl_contains(options.ignored, vim.bo[buffer].filetype) then
    return
  end
  vim.lsp.start({
    name = "codekiln",
    cmd = options.cmd,
    root_dir = vim.fs.root(buffer, options.root_markers),
  }, { bufnr = buffer })
end

-- `keys` are given to `map`, a function from an action's name to what it does where something is shown.
local function map_keys(view)
  for name, key in pairs(M.options.keys) do
    if key and view[name] then
      vim.keymap.set("i", key, function()
        if name ~= "ask" and not view.visible() then
          return key
        end
        vim.schedule(view[name]) -- text must not change while a key is looked up
        return ""
      end, { expr = true, desc = "codekiln: " .. name })
    end
  end
end

-- Neovim's own, in the words of `codekiln.ghost`. It has no part of a suggestion, so a word is all of it, and
-- asks by itself, so that there is no key to ask.
local function built_in()
  local inline = vim.lsp.inline_completion
  inline.enable(true)
  local function get()
    inline.get()
  end
  local function visible()
    local spaces = vim.api.nvim_get_namespaces()
    local space = spaces["nvim.lsp.inline_completion"]
    return space ~= nil and #vim.api.nvim_buf_get_extmarks(0, space, 0, -1, {}) > 0
  end
  local function dismiss()
    inline.enable(false)
    inline.enable(true)
  end
  return { visible = visible, accept = get, word = get, dismiss = dismiss }
end

--- Start the server with every file that is opened, and map the keys.
--- @param options table|nil replaces `defaults` above, name by name
function M.setup(options)
  M.options = vim.tbl_deep_extend("force", defaults, options or {})
  if vim.lsp.inline_completion then
    M.view = built_in()
  else
    M.view = require("codekiln.ghost")
    M.view.enable(M.options.delay)
  end
  map_keys(M.view)
  local group = vim.api.nvim_create_augroup("codekiln", { clear = true })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    callback = function(event)
      start(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      start(buffer)
    end
  end
end

--- Whether a suggestion is shown.
function M.visible()
  return M.view ~= nil and M.view.visible()
end

return M
