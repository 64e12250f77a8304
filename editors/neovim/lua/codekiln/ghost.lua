-- Ghost text for Neovim 0.11: asks for `textDocument/inlineCompletion` while somebody types, and
-- draws the answer behind the cursor until it is taken, typed along, or out of place.

local M = {}

local METHOD = "textDocument/inlineCompletion"
local INVOKED, AUTOMATIC = 1, 2
local space = vim.api.nvim_create_namespace("codekiln.ghost")
local timer = vim.uv.new_timer()
local waiting -- { client, id } of the request that is not answered yet
local shown -- { buffer, row, column, text, item, client }: `text` stands behind the cursor

local function cursor()
  local place = vim.api.nvim_win_get_cursor(0)
  return place[1] - 1, place[2]
end

local function client_of(buffer)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer, name = "codekiln" })) do
    if client.server_capabilities.inlineCompletionProvider then
      return client
    end
  end
end

local function clear()
  if shown and vim.api.nvim_buf_is_valid(shown.buffer) then
    vim.api.nvim_buf_clear_namespace(shown.buffer, space, 0, -1)
  end
  shown = nil
end

local function cancel()
  timer:stop()
  if waiting then
    waiting.client:cancel_request(waiting.id)
    waiting = nil
  end
end

local function draw()
  vim.api.nvim_buf_clear_namespace(shown.buffer, space, 0, -1)
  local tab = string.rep(" ", vim.bo[shown.buffer].tabstop)
  local lines = vim.split(shown.text:gsub("\t", tab), "\n", { plain = true })
  local below = {}
  for number = 2, #lines do
    below[#below + 1] = { { lines[number], "CodekilnGhost" } }
  end
  vim.api.nvim_buf_set_extmark(shown.buffer, space, shown.row, shown.column, {
    virt_text = { { lines[1], "CodekilnGhost" } },
    virt_text_pos = "inline",
    virt_lines = #below > 0 and below or nil,
  })
end

-- What of an item stands behind the cursor: its text without what its range has in front already.
local function rest_of(item, client, buffer, row, column)
  local text = type(item.insertText) == "table" and item.insertText.value or item.insertText
  text = text:gsub("\r\n", "\n")
  if not item.range then
    return text
  end
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ""
  local start = vim.str_byteindex(line, client.offset_encoding, item.range.start.character, false)
  local present = line:sub(start + 1, column)
  if item.range.start.line == row and vim.startswith(text, present) then
    return text:sub(#present + 1)
  end
end

local function answered(client, buffer, row, column, tick)
  return function(problem, result)
    waiting = nil
    local items = result and (result.items or result) or {}
    local here = vim.api.nvim_get_current_buf() == buffer and vim.api.nvim_get_mode().mode:match("^i")
    local now_row, now_column = cursor()
    local same = now_row == row and now_column == column
    if problem or not items[1] or not here or not same then
      return
    end
    if vim.api.nvim_buf_get_changedtick(buffer) ~= tick then
      return
    end
    local text = rest_of(items[1], client, buffer, row, column)
    if text and text ~= "" then
      shown = { buffer = buffer, row = row, column = column, text = text, item = items[1], client = client }
      draw()
    end
  end
end

local function ask(kind)
  cancel()
  local buffer = vim.api.nvim_get_current_buf()
  local client = client_of(buffer)
  if not client or vim.fn.pumvisible() == 1 then
    return
  end
  local row, column = cursor()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  local handler = answered(client, buffer, row, column, tick)
  local sent, id = client:request(METHOD, params, handler, buffer)
  waiting = sent and { client = client, id = id } or nil
end

-- Whether what was typed is what was shown: then the rest stays, and nothing is asked.
local function typed_along()
  local row, column = cursor()
  if not shown or shown.buffer ~= vim.api.nvim_get_current_buf() or row ~= shown.row or column < shown.column then
    return false
  end
  local line = vim.api.nvim_get_current_line()
  local typed = line:sub(shown.column + 1, column)
  if typed == shown.text or not vim.startswith(shown.text, typed) then
    return false
  end
  shown.column, shown.text = column, shown.text:sub(#typed + 1)
  draw()
  return true
end

-- Put text at the cursor, which then stands behind it.
local function insert(text)
  local row, column = cursor()
  local lines = vim.split(text, "\n", { plain = true })
  vim.api.nvim_buf_set_text(0, row, column, row, column, lines)
  local last = #lines == 1 and column + #lines[1] or #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines, last })
end

--- Whether a suggestion is shown.
function M.visible()
  return shown ~= nil
end

--- Take all of it.
function M.accept()
  local taken = shown
  if not taken then
    return
  end
  cancel()
  clear()
  insert(taken.text)
  if taken.item.command then
    taken.client:request("workspace/executeCommand", {
      command = taken.item.command.command,
      arguments = taken.item.command.arguments,
    }, function() end, taken.buffer)
  end
end

--- Take the next word of it, with what stands in front of that; the rest stays.
function M.word()
  local taken = shown
  if not taken then
    return
  end
  local word = taken.text:match("^[%s]*[%w_]+") or taken.text:match("^%s*[^%w_%s]+") or taken.text
  if word == taken.text then
    return M.accept()
  end
  cancel()
  clear()
  insert(word)
  local row, column = cursor()
  taken.row, taken.column, taken.text = row, column, taken.text:sub(#word + 1)
  shown = taken
  draw()
end

--- Show it no longer.
function M.dismiss()
  cancel()
  clear()
end

--- Ask now, for all of the block.
function M.ask()
  clear()
  ask(INVOKED)
end

--- Ask whenever nothing was typed for `delay` milliseconds.
function M.enable(delay)
  vim.api.nvim_set_hl(0, "CodekilnGhost", { link = "Comment", default = true })
  local group = vim.api.nvim_create_augroup("codekiln.ghost", { clear = true })
  local function later()
    if typed_along() then
      return
    end
    M.dismiss()
    timer:start(delay, 0, vim.schedule_wrap(function()
      if vim.api.nvim_get_mode().mode:match("^i") then
        ask(AUTOMATIC)
      end
    end))
  end
  vim.api.nvim_create_autocmd({ "TextChangedI", "InsertEnter" }, { group = group, callback = later })
  vim.api.nvim_create_autocmd("CursorMovedI", {
    group = group,
    callback = function()
      local row, column = cursor()
      local moved = not shown or row ~= shown.row or column ~= shown.column
      if moved and not typed_along() then
        later()
      end
    end,
  })
  vim.api.nvim_create_autocmd({ "InsertLeave", "BufLeave" }, { group = group, callback = M.dismiss })
end

return M
